import type { Incident } from "../api/contract.ts";

export const TABS = ["firing", "taken", "silenced", "ended"] as const;
export type Tab = (typeof TABS)[number];

/** Where an incident stands: nobody has it, somebody has, all of it is silenced, or it has ended. */
export function tabOf({
  state,
  acknowledgedBy,
  silencedUntil,
}: Pick<Incident, "state" | "acknowledgedBy" | "silencedUntil">): Tab {
  if (state === "resolved") return "ended";
  if (silencedUntil !== undefined) return "silenced";
  return acknowledgedBy === null ? "firing" : "taken";
}

/** What a link names: `alerts?name=AgentGone&agent=billing`, as rules and PagerDuty link here; `alerts?incident=inc-7`. */
export interface Link {
  readonly id: string | null;
  readonly name: string | null;
  readonly agent: string | null;
}

/** @returns null if the address names nothing, which shows all */
export function linkOf(query: URLSearchParams): Link | null {
  const [id, name, agent] = ["incident", "name", "agent"].map((part) => query.get(part) || null) as [
    string | null,
    string | null,
    string | null,
  ];
  return id === null && name === null && agent === null ? null : { id, name, agent };
}

/** "AgentGone billing", "inc-7" */
export const linkWords = ({ id, name, agent }: Link): string =>
  [id, name, agent].filter((part) => part !== null).join(" ");

/** Whether a link is about an incident; also about who fired in it and does not any more. */
export function isNamed(incident: Pick<Incident, "id" | "alertname" | "alerts">, link: Link | null): boolean {
  if (link === null) return true;
  const { id, name, agent } = link;
  return (
    (id === null || incident.id === id) &&
    (name === null || incident.alertname === name) &&
    (agent === null || incident.alerts.some((alert) => alert.agent === agent))
  );
}
