import type { Agent } from "../api/contract.ts";
import { compareSick, waitingOf } from "../parts/words.ts";
import { t } from "../translate.ts";

const AGENT_ORDERS = ["sick", "name", "seen", "waiting"] as const;
export type AgentOrder = (typeof AGENT_ORDERS)[number];

/** What a list of agents may be ordered by, and what that is called. */
export const agentOrders = (): { value: AgentOrder; label: string }[] => [
  { value: "sick", label: t("agents.sick-first", "Sick first") },
  { value: "name", label: t("agents.by-name", "Name") },
  { value: "seen", label: t("agents.silent-first", "Longest silent") },
  { value: "waiting", label: t("agents.waiting-first", "Most waiting") },
];

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
  AGENT_ORDERS.find((order) => order === query.get("sort")) ?? "sick";

export const inOrder = (agents: readonly Agent[], order: AgentOrder): Agent[] => agents.toSorted(COMPARE[order]);
