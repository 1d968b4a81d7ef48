import { agentsOf, type Incident, type IncidentPerson, isMeasured } from "../domain/incident.ts";
import type { Operation } from "../domain/operation.ts";
import { timeToken } from "../domain/report.ts";
import { listed, SQUARES, unmarked } from "../fleet-words.ts";
import type { Directory } from "../ports/directory.ts";
import { wholeDuration } from "../whole-duration.ts";

/** What an incident is called: its alert, or what somebody wrote who opened it. */
export function nameOf(incident: Pick<Incident, "alertname" | "alerts" | "openedBy">): string {
  const summary = incident.alerts[0]?.annotations.summary ?? "";
  return unmarked(isMeasured(incident) || summary === "" ? incident.alertname : summary, 60);
}

/** "🟥 P0 *AgentGone* billing, invoices": square while it fires, ✅ once it has ended. */
export function whatOf(incident: Incident, most = 3): string {
  const mark = incident.state === "firing" ? SQUARES[incident.criticality] : "✅";
  const agents = listed(
    agentsOf(incident).map((agent) => unmarked(agent, 63)),
    most,
  );
  return `${mark} ${incident.criticality} *${nameOf(incident)}* ${agents}`.trim();
}

/** Somebody's name as it is now, or as it was when they did it. */
export const personName = (by: IncidentPerson, directory: Pick<Directory, "byId">): string =>
  unmarked(directory.byId(by.id)?.name ?? by.name, 60);

/** "👀 Olga", "nobody has it" */
export const takerWords = ({ acknowledgedBy }: Incident, directory: Pick<Directory, "byId">): string =>
  acknowledgedBy === null ? "nobody has it" : `👀 ${personName(acknowledgedBy, directory)}`;

/** "restart of billing": a command and whom it touched. */
export function operationWhat({ command, targets, incidentId }: Pick<Operation, "command" | "targets" | "incidentId">) {
  const agents = targets.map(({ agent }) => agent).filter((agent) => agent !== incidentId);
  return agents.length === 0 ? command : `${command} of ${listed(agents, 3)}`;
}

/** Commands that are told by what they write, not as work of their own. */
const TOLD_OTHERWISE = ["ack", "incident-note", "incident-open", "incident-close"];
export const isWork = ({ command }: Pick<Operation, "command">): boolean => !TOLD_OTHERWISE.includes(command);

/** "restart of billing (op-481)": what brought it to its end, as far as anybody knows; null: nobody does. */
export function helpedWords({ closed }: Pick<Incident, "closed">, operations: readonly Operation[]): string | null {
  const said = closed?.helped ?? null;
  if (said !== null) return unmarked(said, 200);
  const recovered = operations.filter((one) => isWork(one) && one.ending === "recovered");
  return recovered.length === 0 ? null : recovered.map((one) => `${operationWhat(one)} (${one.id})`).join(", ");
}

/** "restart of billing (op-511) did not help" */
export const uselessWords = (operations: readonly Operation[]): string[] =>
  operations
    .filter((one) => isWork(one) && (one.ending === "did-not-help" || one.ending === "did-not-come-back"))
    .map((one) => `${operationWhat(one)} (${one.id}) ${one.ending?.replaceAll("-", " ")}`);

/** One line of the list: how it ended, how long it lasted, who had it, what helped. */
export function incidentLine(
  incident: Incident,
  { operations, directory, now }: { operations: readonly Operation[]; directory: Pick<Directory, "byId">; now: number },
): string {
  const { id, openedAt, resolvedAt, acknowledgedBy, acknowledgedAt, closed } = incident;
  const lasted = wholeDuration(((resolvedAt ?? now) - openedAt) / 1000);
  const taken =
    acknowledgedBy === null || acknowledgedAt === null
      ? ["nobody took it"]
      : [`👀 ${personName(acknowledgedBy, directory)} after ${wholeDuration((acknowledgedAt - openedAt) / 1000)}`];
  const helped = helpedWords(incident, operations);
  return [
    `${whatOf(incident)} · ${id}`,
    resolvedAt === null ? `fires since ${timeToken(openedAt)}` : `${timeToken(openedAt)} for ${lasted}`,
    ...taken,
    ...(closed === undefined ? [] : [unmarked(closed.cause, 80)]),
    ...(helped === null ? uselessWords(operations).slice(-1) : [`helped: ${helped}`]),
  ].join(" · ");
}
