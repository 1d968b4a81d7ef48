import type { Ports } from "@rollcall/core/command.ts";
import type { Incident } from "@rollcall/core/domain/incident.ts";
import type { KeptLogLine } from "@rollcall/core/domain/log-line.ts";
import type { ApiLogLine } from "@rollcall/core/log-contract.ts";

/** Incidents that have ended and are looked at; more of them in the time of one page of lines say nothing more. */
const MOST_ENDED = 500;

/** Lines as the API shows them, in the order given; their incidents are asked for once for all lines. @throws Failure "unavailable" */
export async function viewLines(
  lines: readonly KeptLogLine[],
  incidents: Pick<Ports["incidents"], "open" | "ended">,
): Promise<ApiLogLine[]> {
  const ofAgents = lines.filter(({ kind }) => kind === "agent");
  if (ofAgents.length === 0) return lines.map((line) => viewLine(line, []));
  const since = Math.min(...ofAgents.map(({ at }) => at));
  const all = (await Promise.all([incidents.open(), incidents.ended(since, MOST_ENDED)])).flat();
  return lines.map((line) => viewLine(line, line.kind === "agent" ? all : []));
}

const viewLine = (line: KeptLogLine, incidents: readonly Incident[]): ApiLogLine => ({
  ...{ id: String(line.id), at: line.at, source: line.source, kind: line.kind, level: line.level, text: line.text },
  ...{ trace: line.trace, run: line.run, operation: line.operation, fields: { ...line.fields } },
  incidents: incidents.filter((incident) => wasFiring(incident, line)).map(({ id }) => id),
});

const wasFiring = ({ alerts }: Incident, { source, at }: KeptLogLine): boolean =>
  alerts.some(
    ({ agent, startsAt, endedAt, firing }) =>
      agent === source && startsAt <= at && (firing || (endedAt !== null && at <= endedAt)),
  );
