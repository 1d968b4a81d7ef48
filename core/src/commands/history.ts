import { z } from "zod";
import { beginOf, isPeriod, periodField, periodWords } from "../audit-period.ts";
import { defineCommand, type ReadContext } from "../command.ts";
import { Failure } from "../domain/failure.ts";
import { timeToken } from "../domain/report.ts";
import { lookAction } from "../fleet-report.ts";
import { counted, listed } from "../fleet-words.ts";
import type { AuditFilter, AuditRow } from "../ports/audit-log.ts";
import type { Directory } from "../ports/directory.ts";

const SHOWN = 10;
const USUAL_PERIOD = "7d";

const input = z.strictObject({
  who: z
    .array(z.string().min(1).max(100))
    .max(2)
    .default([])
    .describe("An agent, a person with @, and how far back: billing, @anna, 7d"),
  after: z.number().int().positive().optional().describe("Number of the row behind which the page begins"),
});

export default defineCommand({
  name: "history",
  aliases: [],
  kind: "read",
  summary: "Show who did what, refusals too",
  role: "viewer",
  danger: 0,
  input,
  words: ["who"],
  examples: ["history", "history billing", "history billing 12h", "history @anna 7d"],
  async run(raw, context) {
    const { ports } = context;
    const { who, after } = input.parse(raw);
    const { filter, words } = await readSubject(who, context);
    const rows = await ports.audit.search({ ...filter, after, limit: SHOWN + 1 });
    const shown = rows.slice(0, SHOWN);
    const last = shown.at(-1);
    const hasMore = rows.length > SHOWN && last !== undefined;
    return {
      headline: rows.length === 0 ? `*Nothing is written down* ${words}` : `*Who did what* ${words}`,
      context: `newest first · as of ${timeToken(ports.clock.now())}`,
      lines: shown.map((row) => lineOf(row, ports.directory)),
      fields: [],
      actions: hasMore ? [lookAction("Earlier", "history", { who, after: last.seq })] : [],
      sameAs: `same as /fleet ${["history", ...who].join(" ")}`,
      data: { rows: shown, next: hasMore ? last.seq : null },
    };
  },
});

type Subject = Pick<AuditFilter, "actor" | "target" | "from">;

async function readSubject(
  who: readonly string[],
  { ports }: ReadContext,
): Promise<{ filter: Subject; words: string }> {
  const periods = who.filter(isPeriod);
  const [name, ...more] = who.filter((word) => !isPeriod(word));
  if (more.length > 0 || periods.length > 1)
    throw new Failure("invalid_input", "history takes one agent or one person, and how far back", {
      found: who.join(" "),
      allowed: ["history billing 7d", "history @anna 12h"],
    });
  const period = periodField.safeParse(periods[0] ?? USUAL_PERIOD);
  if (!period.success)
    throw new Failure("invalid_input", "that is no time to look back", { found: periods[0] ?? "", allowed: ["7d"] });
  const from = beginOf(period.data, ports.clock.now());
  const words = `in the last ${periodWords(period.data)}`;
  if (name === undefined) return { filter: { from }, words };
  if (name.startsWith("@"))
    return { filter: { from, actor: personNamed(name.slice(1), ports) }, words: `by ${name} ${words}` };
  const { agents } = await ports.registry.expected();
  if (!agents.some(({ id }) => id === name)) {
    const allowed = agents.map(({ id }) => id).filter((id) => id.includes(name.slice(0, 3)));
    throw new Failure("unknown_agent", `${name} is no agent`, { found: name, allowed: allowed.slice(0, 5) });
  }
  return { filter: { from, target: name }, words: `to ${name} ${words}` };
}

/** People by id or Slack user; whoever is neither may still stand in old rows. */
function personNamed(name: string, { directory }: ReadContext["ports"]): string {
  const bySlack = directory.withRole("viewer").find(({ slack }) => slack.some(({ user }) => user === name));
  return bySlack?.id ?? name;
}

const MARKS = { allowed: "✓", refused: "🚫" } as const;
const DOORS: Readonly<Record<string, string>> = {
  slack: "in Slack",
  http: "over HTTP",
  terminal: "in the terminal",
  host: "on the host",
  schedule: "by schedule",
};
/** What a kind of row means to people, where its command or action does not say it. */
const ENDINGS: Readonly<Record<string, string>> = {
  decision: "allowed",
  intent: "accepted",
  dispatch: "sent",
  outcome: "ended",
};

function lineOf(row: AuditRow, directory: Pick<Directory, "byId">): string {
  const { seq, at, event, actor, door, command, action, targets, decision, rule, reason, operationId } = row;
  const what = [command ?? action ?? event, listed([...targets], 3)].filter((part) => part !== "").join(" ");
  const ending = decision === "refused" ? `refused: ${rule ?? "no rule"}` : endingOf(row);
  const who = `${directory.byId(actor)?.name ?? actor} ${DOORS[door] ?? `by ${door}`}`;
  const parts = [timeToken(Date.parse(at)), who, what, ending, operationId, reason];
  const said = parts.filter((part) => part !== null && part !== undefined && part !== "").join(" · ");
  return `${decision === null ? "•" : MARKS[decision]} a-${seq} ${said}`;
}

function endingOf({ event, action, detail }: AuditRow): string {
  if (typeof detail.count === "number") return counted(detail.count, "time");
  if (typeof detail.ending === "string") return detail.ending;
  return ENDINGS[event] ?? (action === undefined || action === null ? event : "");
}
