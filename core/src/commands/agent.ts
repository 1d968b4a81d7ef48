import { z } from "zod";
import { processLine, rungLine, waitingOf, waitingWords } from "../agent-evidence.ts";
import { durationWords } from "../ask-agents.ts";
import { deafLines, isTroubled } from "../bus-words.ts";
import { defineCommand, type ReadContext } from "../command.ts";
import { isFailure } from "../domain/failure.ts";
import { ageSeconds } from "../domain/freshness.ts";
import { timeToken } from "../domain/report.ts";
import type { RollCall } from "../domain/roll-call.ts";
import { agentData, agentLine, asOf, lookAction, restartActions } from "../fleet-report.ts";
import { listed } from "../fleet-words.ts";
import { observeFleet, type SeenAgent } from "../observe-fleet.ts";
import type { Run } from "../ports/runs.ts";
import { runLine } from "../run-words.ts";
import { selectAgents } from "../selector.ts";

/** Most roll calls are of everybody, so one of the newest has it. */
const CALLS_LOOKED_AT = 10;

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
    const { ports } = context;
    const { id } = input.parse(raw);
    const chosen = await selectAgents([id], ports, { verb: "Show", isChange: false });
    const [view, waiting, deaf, runs, called] = await Promise.all([
      observeFleet(ports, chosen.slice(0, 1)),
      waitingOf(chosen[0]?.id, context),
      deafLines(ports, new Set(chosen.map((one) => one.id)), isTroubled),
      newestRuns(chosen[0]?.id, context),
      lastCall(chosen[0]?.id, context),
    ]);
    const seen = view.agents[0] as SeenAgent;
    const { expected } = seen;
    return {
      headline: agentLine(seen),
      context: `${expected.does} · ${asOf(view)}`,
      lines: [
        rungLine(seen, view.at),
        ...provenLines(seen, called),
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
        ...(expected.desired.state === "running" ? restartActions([seen], context, view.at) : []),
      ],
      sameAs: `same as /fleet agent ${expected.id}`,
      data: { at: view.at, problems: view.problems, ...agentData(seen), waiting },
    };
  },
});

function doingNow({ beat }: SeenAgent, at: number): string {
  if (beat === null) return "not known";
  const inHand =
    beat.oldestInFlightAt === null
      ? []
      : [`${beat.inFlight} in hand for ${Math.round(ageSeconds(beat.oldestInFlightAt, at))} s`];
  // Those in hand are among them.
  const held = (beat.held ?? 0) > beat.inFlight ? [`${beat.held} held`] : [];
  return [beat.activity, ...inHand, ...held].join(", ");
}

/** "Last canary T-2 in 3 ms · last roll call rc-41 T-60: working"; what was never proven is not said. */
function provenLines({ beat, expected }: SeenAgent, called: RollCall | null): string[] {
  const { handledAt = null, tookMs = null } = beat?.canary ?? {};
  const took = tookMs === null ? "" : ` in ${durationWords(tookMs)}`;
  const verdict = called?.verdicts.get(expected.id);
  const proofs = [
    ...(handledAt === null ? [] : [`last canary ${timeToken(handledAt)}${took}`]),
    ...(called === null || verdict === undefined
      ? []
      : [`last roll call ${called.id} ${timeToken(called.at)}: ${verdict}`]),
  ];
  return proofs.length === 0 ? [] : [`Proven: ${proofs.join(" · ")}`];
}

/** The newest roll call that it was called in; null if there is none, or that is not known. */
async function lastCall(id: string | undefined, { ports }: ReadContext): Promise<RollCall | null> {
  if (id === undefined || ports.rollCalls === undefined) return null;
  const calls = await orNone(ports.rollCalls.list({ limit: CALLS_LOOKED_AT }));
  return calls.find(({ verdicts }) => verdicts.has(id)) ?? null;
}

/** The newest run that the agent began or took part in; none if that is not known. */
async function newestRuns(id: string | undefined, { ports }: ReadContext): Promise<Run[]> {
  return id === undefined || ports.runs === undefined ? [] : await orNone(ports.runs.list({ agents: [id], limit: 1 }));
}

/** @returns none if it cannot be asked now */
async function orNone<One>(asked: Promise<One[]>): Promise<One[]> {
  try {
    return await asked;
  } catch (error) {
    if (isFailure(error) && error.code === "unavailable") return [];
    throw error;
  }
}
