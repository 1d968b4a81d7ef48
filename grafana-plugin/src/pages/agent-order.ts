import type { Agent } from "../api/contract.ts";
import { compareSick, waitingOf } from "../parts/words.ts";

/** What a list of agents may be ordered by, and what that is called. */
export const AGENT_ORDERS = [
  { value: "sick", label: "Sick first" },
  { value: "name", label: "Name" },
  { value: "seen", label: "Longest silent" },
  { value: "waiting", label: "Most waiting" },
] as const;
export type AgentOrder = (typeof AGENT_ORDERS)[number]["value"];

const byName = (a: Agent, b: Agent): number => (a.id < b.id ? -1 : 1);
/** What was never heard of is silent for ever; what is not measured comes last. */
const COMPARE: Readonly<Record<AgentOrder, (a: Agent, b: Agent) => number>> = {
  sick: compareSick,
  name: byName,
  seen: (a, b) => (a.lastHeartbeatAt ?? 0) - (b.lastHeartbeatAt ?? 0) || byName(a, b),
  waiting: (a, b) => (waitingOf(b) ?? -1) - (waitingOf(a) ?? -1) || byName(a, b),
};

/** Of the address; sick first if it says nothing, or what is none. */
export const readOrderOf = (query: URLSearchParams): AgentOrder =>
  AGENT_ORDERS.find(({ value }) => value === query.get("sort"))?.value ?? "sick";

export const inOrder = (agents: readonly Agent[], order: AgentOrder): Agent[] => agents.toSorted(COMPARE[order]);
