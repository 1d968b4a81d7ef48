import type { FleetRegistry } from "../../ports/fleet.ts";
import type { LogSource } from "../../ports/log-source.ts";
import type { Runtime } from "../../ports/runtime.ts";
import type { RuntimeKind } from "./supervise-runtimes.ts";

interface OnRuntime {
  readonly kind: RuntimeKind;
  readonly runtime: Runtime & Required<Pick<Runtime, "logs">>;
  readonly registry: Pick<FleetRegistry, "expected">;
}

/** What the agents of one runtime write, by what fleet.yaml says of theirs; the place bears the runtime's kind. */
export const followRuntime = ({ kind, runtime, registry }: OnRuntime): LogSource => ({
  name: kind,
  async read(cursor) {
    const { agents } = await registry.expected();
    const ids = new Map(
      agents.filter((agent) => agent.runtime.kind === kind).map((agent) => [agent.runtime.name, agent.id]),
    );
    // Nobody is there yet, or any more: nothing is asked.
    if (ids.size === 0) return { lines: [], cursor: cursor ?? "{}", hasMore: false, lostBytes: 0 };
    const { lines, ...piece } = await runtime.logs([...ids.keys()], cursor);
    return {
      ...piece,
      lines: lines.flatMap(({ name, ...line }) => {
        const source = ids.get(name);
        return source === undefined ? [] : [{ source, kind: "agent" as const, ...line }];
      }),
    };
  },
});
