import { z } from "zod";
import { defineCommand } from "../command.ts";
import { countsOf, DIAGNOSTICS_COMMAND, type DiagnosticRun, toRun } from "../diagnostic-run.ts";
import { timeToken } from "../domain/report.ts";
import { lookAction } from "../fleet-report.ts";
import { counted, listed } from "../fleet-words.ts";

const RUNS = 20;
const SHOWN = 10;

export default defineCommand({
  name: "diag-history",
  aliases: [],
  kind: "read",
  summary: "Show what the last 20 diagnostics found",
  role: "viewer",
  danger: 0,
  input: z.strictObject({}),
  words: [],
  examples: ["diag history"],
  async run(_, { ports }) {
    const operations = await ports.operations.list({ command: DIAGNOSTICS_COMMAND, limit: RUNS });
    const runs = operations.map(toRun);
    const more = runs.length - SHOWN;
    return {
      headline: headlineOf(runs),
      context: `as of ${timeToken(ports.clock.now())}`,
      lines: [...runs.slice(0, SHOWN).map(lineOf), ...(more > 0 ? [`and ${counted(more, "earlier run")}`] : [])],
      fields: [],
      actions: [lookAction("Checks", "diag", {})],
      sameAs: "same as /fleet diag history",
      data: { runs },
    };
  },
});

const MARKS = { running: "⏳", passed: "🟢", failed: "🔴", cancelled: "⏹", unknown: "❔" } as const;

function headlineOf(runs: readonly DiagnosticRun[]): string {
  const newest = runs.find(({ state }) => state !== "running");
  if (newest === undefined) return "❔ *No diagnostics have been run*";
  return `${MARKS[newest.state]} *${newest.suite}: ${countsOf(newest)}* (${newest.id})`;
}

function lineOf(run: DiagnosticRun): string {
  const { id, suite, state, by, createdAt, checks, passed, failed, skipped, total } = run;
  const words = state === "running" ? `${passed + failed + skipped} of ${total}` : countsOf(run);
  const bad = checks
    .filter((check) => check.state === "failed")
    .map(({ name, next }) => (next === null ? name : `${name} → ${next}`));
  return `${MARKS[state]} ${id} ${suite} · ${words} · ${timeToken(createdAt)} by ${by}${bad.length === 0 ? "" : ` · ${listed(bad, 3)}`}`;
}
