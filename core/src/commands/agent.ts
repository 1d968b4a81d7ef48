import { z } from "zod";
import { deafLines } from "../bus-words.ts";
import { defineCommand, type ReadContext } from "../command.ts";
import { isFailure } from "../domain/failure.ts";
import { isForeign, provableRung } from "../domain/foreign-verdict.ts";
import { ageSeconds } from "../domain/freshness.ts";
import { timeToken } from "../domain/report.ts";
import { agentData, agentLine, asOf, lookAction, restartActions } from "../fleet-report.ts";
import { listed, verdictWords } from "../fleet-words.ts";
import { observeFleet, type SeenAgent } from "../observe-fleet.ts";
import type { Waiting } from "../ports/fleet.ts";
import type { Run } from "../ports/runs.ts";
import { runLine } from "../run-words.ts";
import { selectAgents } from "../selector.ts";

const input = z.strictObject({ id: z.string().min(1).max(200).describe("Id of the agent") });

export default defineCommand({
  name: "agent",
  aliases: ["show"],
  kind: "read",
  summary: "Show all about one agent",
  role: "viewer",
  danger: 0,
  input,
  words: ["id"],
  examples: ["agent billing"],
  async run(raw, context) {
    const { ports, actor } = context;
    const { id } = input.parse(raw);
    const chosen = await selectAgents([id], ports, { verb: "Show", isChange: false });
    const [view, waiting, deaf, runs] = await Promise.all([
      observeFleet(ports, chosen.slice(0, 1)),
      waitingOf(chosen[0]?.id, context),
      deafLines(ports, new Set(chosen.map((one) => one.id))),
      newestRuns(chosen[0]?.id, context),
    ]);
    const seen = view.agents[0] as SeenAgent;
    const { expected } = seen;
    return {
      headline: agentLine(seen),
      context: `${expected.does} · ${asOf(view)}`,
      lines: [
        rungLine(seen, view.at),
        `Reads ${listed(expected.consumes, 6) || "nothing"} · writes ${listed(expected.publishes, 6) || "nothing"}`,
        ...deaf,
        processLine(seen),
        `${expected.criticality}, ${expected.consequence} when it does not work · group ${expected.group}${
          expected.parent === null ? "" : ` under ${expected.parent}`
        } · normal ≤ ${expected.normalSeconds} s`,
        ...runs.map((run) => `Last run ${runLine(run, view.at)}`),
      ],
      fields: [
        { name: "Doing now", value: seen.beat === null ? "not known" : doingNow(seen, view.at) },
        { name: "Waiting", value: waitingWords(waiting) },
        { name: "Version", value: seen.beat?.version ?? "not known" },
        { name: "Memory", value: seen.beat === null ? "not known" : `${Math.round(seen.beat.rssBytes / 2 ** 20)} MiB` },
        { name: "Owner", value: expected.owner },
      ],
      actions: [
        lookAction("Roll call", "roll-call", { who: [expected.id] }),
        ...(expected.desired.state === "running" ? restartActions([seen], actor, view.at) : []),
      ],
      sameAs: `same as /fleet agent ${expected.id}`,
      data: { at: view.at, problems: view.problems, ...agentData(seen), waiting },
    };
  },
});

async function waitingOf(id: string | undefined, { ports }: ReadContext): Promise<Waiting[] | null> {
  try {
    return id === undefined ? null : await ports.bus.readWaiting(id);
  } catch (error) {
    if (isFailure(error) && error.code === "unavailable") return null;
    throw error;
  }
}

/** The newest run that the agent began or took part in; none if that is not known. */
async function newestRuns(id: string | undefined, { ports }: ReadContext): Promise<Run[]> {
  try {
    return id === undefined || ports.runs === undefined ? [] : await ports.runs.list({ agents: [id], limit: 1 });
  } catch (error) {
    if (isFailure(error) && error.code === "unavailable") return [];
    throw error;
  }
}

/** "64 in stock.reserved"; a lag that Redis cannot tell is not known and never 0. */
function waitingWords(waiting: readonly Waiting[] | null): string {
  if (waiting === null) return "not known";
  if (waiting.length === 0) return "reads no topic";
  const known = waiting.filter(({ lag }) => lag !== null);
  if (known.length === 0) return "not known";
  const most = known.toSorted((a, b) => (b.lag ?? 0) - (a.lag ?? 0))[0];
  const total = known.reduce((sum, { lag }) => sum + (lag ?? 0), 0);
  return total === 0 || most === undefined ? "0" : `${total}, ${most.lag} of them in ${most.topic}`;
}

function doingNow({ beat }: SeenAgent, at: number): string {
  if (beat === null || beat.oldestInFlightAt === null) return beat?.activity ?? "not known";
  return `${beat.activity}, ${beat.inFlight} in hand for ${Math.round(ageSeconds(beat.oldestInFlightAt, at))} s`;
}

/** "process ✓ · heartbeat ✓ 2 s old · echo – · canary ✗ · pace –" */
function rungLine(seen: SeenAgent, at: number): string {
  const { judgement, process, beat, expected } = seen;
  const { rung, verdict } = judgement;
  if (isForeign(expected)) return foreignRungLine(seen);
  const passed = (needed: number): string =>
    rung === null ? "❔" : rung >= needed ? "✓" : rung === needed - 1 ? "✗" : "–";
  const up = process === null ? "❔" : process.state === "running" ? "✓" : "✗";
  const age = beat === null ? "never seen" : `${Math.round(ageSeconds(beat.at, at))} s old`;
  const beats = rung === null ? "❔" : rung >= 2 ? "✓" : "✗";
  const canary = verdict === "busy" ? `– ${verdictWords(judgement)}` : passed(4);
  return `process ${up} · heartbeat ${beats} ${age} · inbox ${passed(3)} · canary ${canary} · pace ${passed(5)}`;
}

/** "process ✓ · heartbeat ✓ · inbox not provable · canary not provable · pace not provable" */
function foreignRungLine({ judgement: { rung }, process, expected }: SeenAgent): string {
  const up = process === null ? "❔" : process.state === "running" ? "✓" : "✗";
  const beats = rung === null ? "❔" : rung >= 2 ? "✓" : "✗";
  const heartbeat = provableRung(expected) < 2 ? "not provable" : beats;
  return `process ${up} · heartbeat ${heartbeat} · inbox not provable · canary not provable · pace not provable`;
}

function processLine({ process, expected }: SeenAgent): string {
  const runtime = `${expected.runtime.kind} ${expected.runtime.name}`;
  if (process === null) return `${runtime}, not known to the supervisor`;
  if (process.state === "never-started") return `${runtime}, never started by the supervisor`;
  if (process.state === "running") {
    return `${runtime}, pid ${process.pid}${process.startedAt === null ? "" : ` since ${timeToken(process.startedAt)}`}`;
  }
  const { exit } = process;
  const how = exit === null ? "" : `: exit ${exit.code ?? exit.signal ?? "unknown"} at ${timeToken(exit.at)}`;
  return `${runtime}, ended${how}`;
}
