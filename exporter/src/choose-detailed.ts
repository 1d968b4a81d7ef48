import type { Health } from "@rollcall/core/domain/verdict.ts";
import { CRITICALITIES } from "@rollcall/core/protocol.ts";
import type { AgentView } from "./snapshot.ts";

/** Of how many agents the detailed families are shown. */
export interface DetailBudget {
  /** Up to this fleet size: of all. */
  readonly detailedAgents: number;
  /** Of a larger fleet: of so many. */
  readonly detailedTop: number;
}

type MarkedView = { -readonly [Key in keyof AgentView]: AgentView[Key] };

const URGENCY: readonly Health[] = ["critical", "degraded", "unknown", "healthy", "off"];

/**
 * Marks the agents whose details are shown. Of a large fleet those that need somebody most: by health, then criticality,
 * then their order in the fleet, so that the choice stays while nothing happens.
 */
export function chooseDetailed(agents: readonly MarkedView[], { detailedAgents, detailedTop }: DetailBudget): void {
  const chosen = agents.length <= detailedAgents ? agents : byNeed(agents).slice(0, detailedTop);
  for (const agent of chosen) agent.detailed = true;
}

function byNeed(agents: readonly MarkedView[]): MarkedView[] {
  const needs = Array.from({ length: URGENCY.length * CRITICALITIES.length }, (): MarkedView[] => []);
  for (const agent of agents) needs[needOf(agent)]?.push(agent);
  return needs.flat();
}

/** 0 is the greatest need. The labels of an agent are fleet, agent, group, criticality, owner. */
function needOf({ health, labels }: MarkedView): number {
  const criticality = (CRITICALITIES as readonly string[]).indexOf(labels[3] ?? "");
  return URGENCY.indexOf(health) * CRITICALITIES.length + criticality;
}
