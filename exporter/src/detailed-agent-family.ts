import type { Heartbeat } from "@rollcall/core/protocol.ts";
import { AGENT_LABELS, type Family, fleetFamily, type Sample } from "./family.ts";

export { oneSample } from "./family.ts";

interface Declaration {
  readonly name: string;
  readonly help: string;
  /** Beside those of every agent. */
  readonly labels: readonly string[];
  readonly kind: "gauge" | "counter";
  /** Series of one agent with a fresh heartbeat; only values of its own labels. */
  readonly samples: (beat: Heartbeat) => readonly Sample[];
}

/** A family with labels that only the agent itself knows, for agents whose details are shown. */
export const detailedAgentFamily = ({ name, help, labels, kind, samples }: Declaration): Family => ({
  ...fleetFamily({
    ...{ name, help, detailed: true },
    labels: [...AGENT_LABELS, ...labels],
    value: {
      kind,
      samples: ({ agents }) =>
        agents.flatMap((agent) =>
          agent.beat === null || !agent.detailed
            ? []
            : samples(agent.beat).map(({ labels: own, value }) => ({ labels: [...agent.labels, ...own], value })),
        ),
    },
  }),
});
