import { z } from "zod";
import { beginOf, isPeriod, periodField, periodWords } from "../audit-period.ts";
import { changeWords } from "../change-words.ts";
import { defineCommand } from "../command.ts";
import type { Change } from "../domain/change.ts";
import { Failure } from "../domain/failure.ts";
import { timeToken } from "../domain/report.ts";
import { counted } from "../fleet-words.ts";
import { pageField, pageOf } from "../paged.ts";
import { readChanges } from "../read-changes.ts";
import { selectAgents } from "../selector.ts";

const USUAL_PERIOD = "30m";

const input = z.strictObject({
  who: z
    .array(z.string().min(1).max(200))
    .max(50)
    .default([])
    .describe("How far back, and whom it touched: 30m, billing, @orders"),
  page: pageField,
});

export default defineCommand({
  name: "changed",
  aliases: ["changes"],
  kind: "read",
  summary: "Show what changed, by whom: versions, deployments, starts, orders, the list of the fleet",
  role: "viewer",
  danger: 0,
  input,
  words: ["who"],
  examples: ["changed", "changed 2h", "changed 1d billing", "changed @orders"],
  async run(raw, { ports }) {
    const { who, page } = input.parse(raw);
    const { period, words } = readWords(who);
    const now = ports.clock.now();
    const from = beginOf(period, now);
    const agents = await selectAgents(words, ports, { verb: "Look at", isChange: false });
    const touched = words.length === 0 ? {} : { agents: agents.map(({ id }) => id) };
    const changes = await readChanges(ports, { from, ...touched });
    const shown = pageOf(changes, page, { command: "changed", input: { who } });
    return {
      headline: headlineOf(changes, `in the last ${periodWords(period)}`),
      context: ["newest first", ...shown.words, `as of ${timeToken(now)}`].join(" · "),
      lines: shown.rows.map((change) => `${timeToken(change.at)} ${changeWords(change)}`),
      ...{ fields: [], actions: [...shown.actions] },
      sameAs: ["same as /fleet changed", ...who].join(" "),
      data: { at: now, from, page, pages: shown.pages, changes: shown.rows },
    };
  },
});

const headlineOf = (changes: readonly Change[], when: string): string =>
  changes.length === 0 ? `*Nothing changed* ${when}` : `*${counted(changes.length, "change")}* ${when}`;

/** @throws Failure "invalid_input" */
function readWords(who: readonly string[]): { period: string; words: string[] } {
  const periods = who.filter(isPeriod);
  const words = who.filter((word) => !isPeriod(word));
  const period = periodField.safeParse(periods[0] ?? USUAL_PERIOD);
  if (periods.length <= 1 && period.success) return { period: period.data, words };
  throw new Failure("invalid_input", "changed takes one time to look back", {
    found: periods.join(" "),
    allowed: ["changed 30m", "changed 2h billing", "changed 7d @orders"],
  });
}
