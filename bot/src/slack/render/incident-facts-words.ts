import { changeWords } from "@rollcall/core/change-words.ts";
import type { Change } from "@rollcall/core/domain/change.ts";
import { isForeign, provableRung } from "@rollcall/core/domain/foreign-verdict.ts";
import { ageSeconds, HEARTBEAT_DEADLINE_SECONDS } from "@rollcall/core/domain/freshness.ts";
import type { Judgement } from "@rollcall/core/domain/verdict.ts";
import type { Waiting } from "@rollcall/core/ports/fleet.ts";
import type { ProcessState } from "@rollcall/core/ports/supervisor.ts";
import type { Heartbeat } from "@rollcall/core/protocol.ts";
import { wholeDuration } from "@rollcall/core/whole-duration.ts";
import type { AgentFacts, IncidentFacts } from "../incident-facts.ts";
import { joined } from "./blocks.ts";
import { clockTime, foreign } from "./text.ts";

/** "process ✓ · heartbeat ✓ 2 s old · echo ✓ · canary ✗ not taken in 20 s · pace –" */
export function rungLine({ judgement, beat, process, expected }: AgentFacts, asOf: number): string | null {
  if (judgement === null) return null;
  if (expected !== null && isForeign(expected)) return foreignRungLine(judgement, { process, expected });
  const rung = judgement.rung ?? 0;
  return joined([
    processWords(process, rung),
    heartbeatWords(beat, asOf),
    mark("echo", rung, 3),
    canaryWords(judgement, beat, asOf),
    paceWords(judgement),
  ]);
}

type Foreign = Pick<AgentFacts, "process"> & { readonly expected: NonNullable<AgentFacts["expected"]> };

function foreignRungLine({ rung }: Judgement, { process, expected }: Foreign): string {
  const heartbeat = provableRung(expected) < 2 ? "not provable" : rung === null ? "❔" : rung >= 2 ? "✓" : "✗";
  return joined([processWords(process, rung ?? 0), `heartbeat ${heartbeat}`, "echo, canary and pace not provable"]);
}

/** A rung that was passed, failed right above the last one passed, or was not reached. */
function mark(name: string, rung: number, own: number): string {
  if (rung >= own) return `${name} ✓`;
  return rung === own - 1 ? `${name} ✗` : `${name} –`;
}

function processWords(process: ProcessState | null, rung: number): string {
  if (rung >= 2 || process?.state === "running") return "process ✓";
  if (process?.state === "exited" && process.exit !== null) {
    const { code, signal, at } = process.exit;
    return `process ✗ ${signal === null ? `exit ${code ?? "unknown"}` : foreign(signal, 12)} at ${clockTime(at)}`;
  }
  return process?.state === "never-started" ? "process ✗ never started" : "process ❔";
}

function heartbeatWords(beat: Heartbeat | null, asOf: number): string {
  if (beat === null) return "heartbeat ✗ never";
  const age = ageSeconds(beat.at, asOf);
  return `heartbeat ${age <= HEARTBEAT_DEADLINE_SECONDS ? "✓" : "✗"} ${wholeDuration(age)} old`;
}

function canaryWords({ verdict, rung }: Judgement, beat: Heartbeat | null, asOf: number): string {
  if (verdict === "unknown") return "canary ❔ not measured";
  if (rung !== 3) return mark("canary", rung ?? 0, 4);
  const waiting = beat?.canary.waitingSince ?? null;
  return waiting === null ? "canary ✗" : `canary ✗ not taken in ${wholeDuration(ageSeconds(waiting, asOf))}`;
}

function paceWords({ rung, note }: Judgement): string {
  if (rung === 5) return "pace ✓";
  return rung === 4 ? `pace ✗ ${note === null ? "" : foreign(note, 60)}`.trim() : "pace –";
}

/** "*Waiting* 128 in orders.received"; what Redis cannot tell is said, never shown as 0. */
export function waitingWords(waiting: readonly Waiting[] | null): string | null {
  if (waiting === null) return "*Waiting* not measured";
  if (waiting.length === 0) return null;
  if (waiting.some(({ lag }) => lag === null)) return "*Waiting* not measured";
  const worst = waiting.toSorted((a, b) => total(b) - total(a));
  const shown = worst.filter((one) => total(one) > 0).slice(0, 2);
  if (shown.length === 0) return "*Waiting* nothing";
  const rest = worst.slice(2).reduce((sum, one) => sum + total(one), 0);
  const named = shown.map((one) => `${total(one)} in ${foreign(one.topic, 60)}`).join(", ");
  return `*Waiting* ${named}${rest > 0 ? `, ${rest} elsewhere` : ""}`;
}

const total = ({ lag, pending }: Waiting): number => (lag ?? 0) + pending;

/** All that waits for an agent; null if it is not known. */
export function countWaiting(waiting: readonly Waiting[] | null): number | null {
  if (waiting === null || waiting.some(({ lag }) => lag === null)) return null;
  return waiting.reduce((sum, one) => sum + total(one), 0);
}

/** "*In hand* 1 for 32 s, normal ≤ 2 s" */
export function inHandWords({ beat, expected }: AgentFacts, asOf: number): string | null {
  if (beat === null || beat.inFlight === 0) return null;
  if (ageSeconds(beat.at, asOf) > HEARTBEAT_DEADLINE_SECONDS) return null;
  const age = beat.oldestInFlightAt === null ? null : ageSeconds(beat.oldestInFlightAt, asOf);
  const forHow = age === null ? "" : ` for ${wholeDuration(age)}`;
  const normal = expected === null ? "" : `, normal ≤ ${expected.normalSeconds} s`;
  return `*In hand* ${beat.inFlight}${forHow}${normal}`;
}

/** "*Last time* restart helped 3 of 3, median 14 s" */
export function historyWords(history: IncidentFacts["history"]): string | null {
  if (history === null) return null;
  if (history.tried === 0) return "*Last time* no restart so far";
  const median = history.medianSeconds === null ? "" : `, median ${wholeDuration(history.medianSeconds)}`;
  return `*Last time* restart helped ${history.helped} of ${history.tried}${median}`;
}

const MOST_CHANGES = 2;

/**
 * "*Changed, 30 min* 02:38 billing 4.7.1 → 4.7.2, by CI": what touched these agents comes first. Of what touches others only
 * what was deployed or declared anew is said: it may well be the cause.
 */
export function changedWords(changed: IncidentFacts["changed"], agents: readonly string[]): string | null {
  if (changed === null) return null;
  const isOwn = (change: Change): boolean => change.agents.some((agent) => agents.includes(agent));
  const own = changed.filter(isOwn);
  const others = changed.filter((change) => !isOwn(change) && change.kind !== "operation" && change.kind !== "start");
  const shown = [...own, ...others].slice(0, MOST_CHANGES);
  if (shown.length === 0) return "*Changed, 30 min* nothing";
  const rest = own.length + others.length - shown.length;
  const said = shown.map((change) => `${clockTime(change.at)} ${foreign(changeWords(change), 140)}`).join("; ");
  return `*Changed, 30 min* ${said}${rest > 0 ? `; ${rest} more` : ""}`;
}
