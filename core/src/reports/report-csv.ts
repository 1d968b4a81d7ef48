import { csvCell } from "../csv-cell.ts";
import type { PastAlert, PastOperation } from "../ports/period-records.ts";
import type { Gathered } from "./gather-report.ts";

const COLUMNS = ["type", "id", "what", "severity", "agents", "began", "ended", "seconds", "by", "taken", "ending"];

/** Alerts and operations of a report as CSV by RFC 4180, the oldest first; times are ISO 8601 in UTC. */
export function reportCsv({ alerts, operations }: Pick<Gathered, "alerts" | "operations">): string {
  const rows = [...alerts.rows.map(alertCells), ...operations.rows.map(operationCells)];
  const sorted = rows.toSorted((one, other) => String(one[5]).localeCompare(String(other[5])));
  return `${[COLUMNS, ...sorted].map((cells) => cells.map(csvCell).join(",")).join("\r\n")}\r\n`;
}

type Cells = readonly (string | number | null)[];

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
const secondsBetween = (from: number, to: number | null): number | null => (to === null ? null : (to - from) / 1000);

function alertCells({ id, alertname, criticality, agents, openedAt, resolvedAt, ...taken }: PastAlert): Cells {
  const { acknowledgedBy, acknowledgedAt } = taken;
  const span = [iso(openedAt), iso(resolvedAt), secondsBetween(openedAt, resolvedAt)];
  const ending = resolvedAt === null ? "fires" : "over";
  return [
    "alert",
    id,
    alertname,
    criticality,
    agents.join(" "),
    ...span,
    acknowledgedBy?.name ?? null,
    iso(acknowledgedAt),
    ending,
  ];
}

function operationCells({ id, command, agents, actor, ending, createdAt, startedAt, endedAt }: PastOperation): Cells {
  const span = [iso(createdAt), iso(endedAt), secondsBetween(startedAt ?? createdAt, endedAt)];
  return ["operation", id, command, null, agents.join(" "), ...span, actor.name, null, ending ?? "under way"];
}
