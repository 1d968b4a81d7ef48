import { z } from "zod";
import { defineCommand, type ReadContext } from "../command.ts";
import { timeToken } from "../domain/report.ts";
import { lookAction } from "../fleet-report.ts";
import { counted, unmarked } from "../fleet-words.ts";
import { incidentId, recordsOf } from "../incidents/gather-incident.ts";
import { incidentLine } from "../incidents/incident-words.ts";
import { tellIncident } from "../incidents/tell-incident.ts";
import { pageField, pageRead, rowsOf } from "../paged.ts";
import type { Recovery } from "../ports/incident-records.ts";
import { wholeDuration } from "../whole-duration.ts";

const PERIOD_MS = 30 * 86_400_000;
/** S3.52: a P0 is over within an hour. */
const P0_GOAL_SECONDS = 3600;

const input = z.strictObject({
  text: z.string().max(200).default("").describe("An agent, an alert, words of a note or a cause, or an id: inc-7"),
  page: pageField,
});

export default defineCommand({
  name: "incidents",
  aliases: [],
  kind: "read",
  summary: "List the open incidents and those of 30 days: how they ended, how long, who had them, what helped",
  role: "viewer",
  danger: 0,
  input,
  words: ["text"],
  examples: ["incidents", "incidents billing", "incidents AgentGone --page 2", "incidents inc-7"],
  async run(raw, context) {
    const { text, page } = input.parse(raw);
    const id = text.toLowerCase().startsWith("inc-") ? incidentId(text) : null;
    return id === null ? await listIncidents(text.trim(), page, context) : await tellIncident(id, page, context);
  },
});

async function listIncidents(text: string, page: number, { ports }: ReadContext) {
  const records = recordsOf(ports);
  const now = ports.clock.now();
  const since = now - PERIOD_MS;
  const [found, recoveries] = await Promise.all([
    records.search({ since, text, ...rowsOf(page) }),
    records.recoveries(since),
  ]);
  const input = text === "" ? {} : { text };
  const shown = pageRead(found, page, { command: "incidents", input });
  const operations = await records.operations(shown.rows.map(({ id }) => id));
  const [first] = shown.rows;
  return {
    headline: headlineOf(found.total, text),
    context: [...recoveries.map(recoveryWords), ...shown.words, `as of ${timeToken(now)}`].join(" · "),
    lines: shown.rows.map((incident) =>
      incidentLine(incident, { operations: operations.get(incident.id) ?? [], directory: ports.directory, now }),
    ),
    fields: [],
    actions: [
      ...(first === undefined ? [] : [lookAction(`Show ${first.id}`, "incident", { id: first.id })]),
      lookAction("What fires", "alerts", {}),
      ...shown.actions,
    ],
    sameAs: ["same as /fleet incidents", ...(text === "" ? [] : [text])].join(" "),
    data: { at: now, since, total: found.total, page, pages: shown.pages, recoveries, incidents: shown.rows },
  };
}

function headlineOf(total: number, text: string): string {
  const that = text === "" ? "" : ` with "${unmarked(text, 60)}"`;
  return total === 0
    ? `*No incident*${that} in the last 30 days`
    : `*${counted(total, "incident")}*${that}, open or of the last 30 days`;
}

/** "P0: 3 over after 12 min" with the goal, if that is missed. */
function recoveryWords({ criticality, count, seconds }: Recovery): string {
  const isLate = criticality === "P0" && seconds > P0_GOAL_SECONDS;
  const words = `${criticality}: ${count} over after ${wholeDuration(seconds)}`;
  return isLate ? `${words}, the goal is 1 h` : words;
}
