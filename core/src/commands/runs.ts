import { z } from "zod";
import { defineCommand, type ReadContext } from "../command.ts";
import { Failure } from "../domain/failure.ts";
import { timeToken } from "../domain/report.ts";
import { counted } from "../fleet-words.ts";
import { pageField, pageOf } from "../paged.ts";
import type { Run, Runs } from "../ports/runs.ts";
import { runData, runLine, runState, worstFirst } from "../run-words.ts";
import { selectAgents, who } from "../selector.ts";

const input = z.strictObject({ who, page: pageField });
/** The newest ones; a list of all that are kept helps nobody. */
const MOST = 100;

export default defineCommand({
  name: "runs",
  aliases: [],
  kind: "read",
  summary: "List runs, unfinished and failed ones first, with the step of each",
  role: "viewer",
  danger: 0,
  input,
  words: ["who"],
  examples: ["runs", "runs content-orchestrator", "runs @orders"],
  async run(raw, context) {
    const { who: words, page } = input.parse(raw);
    const { ports } = context;
    const agents = await selectAgents(words, ports, { verb: "Look at", isChange: false });
    const filter = words.length === 0 ? {} : { agents: agents.map(({ id }) => id) };
    const [runs, now] = await Promise.all([runsOf(context).list({ ...filter, limit: MOST }), ports.bus.now()]);
    const shown = pageOf(worstFirst(runs, now), page, { command: "runs", input: { who: words } });
    return {
      headline: headlineOf(runs, now),
      context: [
        runs.length === MOST ? `the newest ${MOST}` : counted(runs.length, "run"),
        ...shown.words,
        `as of ${timeToken(now)}`,
      ].join(" · "),
      lines: shown.rows.map((run) => runLine(run, now)),
      fields: [],
      actions: [...shown.actions],
      sameAs: ["same as /fleet runs", ...words].join(" "),
      data: { at: now, page, pages: shown.pages, runs: shown.rows.map((run) => runData(run, now)) },
    };
  },
});

function headlineOf(runs: readonly Run[], now: number): string {
  if (runs.length === 0) return "*No run was reported*";
  const of = (state: string): number => runs.filter((run) => runState(run, now) === state).length;
  const [unfinished, failed] = [of("unfinished"), of("failed")];
  const mark = failed > 0 ? "🔴" : unfinished > 0 ? "❔" : "🟢";
  const rest = [
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(unfinished > 0 ? [`${unfinished} unfinished`] : []),
    ...(of("running") > 0 ? [`${of("running")} running`] : []),
  ];
  return `${mark} *${of("completed")} of ${runs.length} completed*${rest.length > 0 ? ` — ${rest.join(", ")}` : ""}`;
}

/** @throws Failure "unavailable" where runs are not kept */
function runsOf({ ports }: ReadContext): Runs {
  if (ports.runs === undefined) throw new Failure("unavailable", "Runs are not kept here.");
  return ports.runs;
}
