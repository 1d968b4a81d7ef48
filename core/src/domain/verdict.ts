import type { ExpectedAgent, Heartbeat } from "../protocol.ts";
import { judgeForeign } from "./foreign-verdict.ts";
import {
  ageSeconds,
  CANARY_PATIENCE_SECONDS,
  CANARY_ROUND_DEADLINE_SECONDS,
  HEARTBEAT_DEADLINE_SECONDS,
  INBOX_DEADLINE_SECONDS,
} from "./freshness.ts";

export const VERDICTS = [
  "gone",
  "missing",
  "stopped",
  "paused",
  "draining",
  "silent",
  "deaf",
  "alive but not consuming",
  "busy",
  "slow",
  "working",
  "up",
  "unexpected",
  "unknown",
] as const;
export type Verdict = (typeof VERDICTS)[number];
export const HEALTHS = ["unknown", "healthy", "degraded", "critical", "off"] as const;
/** Health as the reader decides it; `off` is off on purpose and counted apart. */
export type Health = (typeof HEALTHS)[number];

/** All that is known of one expected agent at one moment. `null` means not asked or not measured. */
export interface Evidence {
  readonly expected: Pick<ExpectedAgent, "id" | "criticality" | "normalSeconds" | "desired" | "presence" | "heartbeat">;
  /** The heartbeat of a foreign agent; null if there is none, left out if nobody looked. */
  readonly mapped?: MappedBeat | null;
  readonly beat: Heartbeat | null;
  /** Whether a process of the agent is up, by its supervisor. */
  readonly processUp: boolean | null;
  /** Milliseconds of the echo; `"none"` if it was asked and did not answer in time. */
  readonly echo: number | "none" | null;
  /** Milliseconds from sending to handled; `"none"` if it was not taken in time. */
  readonly canary: number | "none" | null;
  /** When the last canary round went out; null if never. */
  readonly canaryRoundAt: number | null;
  /** Redis time in ms. */
  readonly now: number;
  /** What stands in place of its heartbeat, if that is of another major version of the protocol. */
  readonly otherMajor?: { readonly version: string; readonly at: number | null } | undefined;
  /** Since when agents can reach the bus without a break: silence in an outage proves nothing. Left out: always. */
  readonly busSince?: number;
  /** Since when canary rounds go out without a break. Left out: always. */
  readonly canariesSince?: number;
}

/** What stands where a foreign agent writes its heartbeat: a time in ms, or why that cannot be said. */
export type MappedBeat = { readonly at: number } | { readonly problem: string };

/** What the evidence proves. `rung` is the highest one passed; null if our own way to ask is broken. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly rung: 0 | 1 | 2 | 3 | 4 | 5 | null;
  readonly health: Health;
  /** ms since the epoch from which the verdict holds, as far as it is known. */
  readonly since: number | null;
  /** What is to be said beside the verdict: "item 31 s old, normal ≤ 40 s". */
  readonly note: string | null;
}

/**
 * The verdict on one expected agent: the highest rung that the evidence proves.
 * Direct evidence (echo, canary, process) beats what the heartbeat reports of earlier ones. What a heartbeat reports is as
 * old as the heartbeat, so a dead agent does not get worse before it is gone. An agent that nobody wants to run is `off`,
 * whatever it does.
 */
export function judge(evidence: Evidence): Judgement {
  const { desired, presence } = evidence.expected;
  if (presence !== undefined) return judgeForeign(evidence);
  if (desired.state === "running") return judgeWanted(evidence);
  const since = desired.since;
  if (desired.state === "stopped" && hasStopped(evidence))
    return { verdict: "stopped", rung: 0, health: "off", since, note: null };
  const found = judgeWanted(evidence);
  const off = { ...found, health: "off" as const };
  if (desired.state === "stopped" && isDraining(evidence))
    return { ...off, verdict: "draining", since, note: itemsWords(evidence.beat?.held) };
  if (desired.state !== "paused" || (found.rung !== null && found.rung < 3)) return off;
  return { ...off, verdict: "paused", since, note: pausedNote(evidence) };
}

/** What a paused agent is said to hold; or that it does not know of the pause yet. */
function pausedNote(evidence: Evidence): string | null {
  const beat = freshBeat(evidence);
  const { since } = evidence.expected.desired;
  if (beat === null || beat.at <= (since ?? 0)) return null;
  return beat.activity === "paused" ? itemsWords(beat.held) : "it still takes work";
}

const itemsWords = (held = 0): string | null => (held === 0 ? null : `${held} in hand`);

/** It finishes what it holds, and stops then. */
const isDraining = (evidence: Evidence): boolean =>
  freshBeat(evidence)?.activity === "stopping" && (evidence.beat?.held ?? 0) > 0;

const hasStopped = (evidence: Evidence): boolean =>
  freshBeat(evidence) === null
    ? !answers(evidence) && evidence.processUp !== true
    : evidence.beat?.activity === "stopping" && !isDraining(evidence);

const answers = ({ echo, canary }: Evidence): boolean => typeof echo === "number" || typeof canary === "number";

/** The heartbeat if it is within its deadline and of a process that is not known to have ended. */
function freshBeat(evidence: Evidence): Heartbeat | null {
  const { beat, now, processUp } = evidence;
  if (beat === null || ageSeconds(beat.at, now) > HEARTBEAT_DEADLINE_SECONDS) return null;
  if (processUp === false && !answers(evidence)) return null;
  return beat.at > now ? { ...beat, at: now } : beat;
}

function judgeWanted(evidence: Evidence): Judgement {
  const beat = freshBeat(evidence);
  if (beat === null) return judgeSilent(evidence);
  return isDeaf(evidence, beat) ? bad("deaf", 2, beat.inboxReadAt) : judgeWork(evidence, beat);
}

const bad = (verdict: Verdict, rung: 0 | 1 | 2 | 3, since: number | null): Judgement => ({
  verdict,
  rung,
  health: "critical",
  since,
  note: null,
});

const unknown = (since: number | null, note: string): Judgement => ({
  verdict: "unknown",
  rung: null,
  health: "unknown",
  since,
  note,
});

function judgeSilent(evidence: Evidence): Judgement {
  const { otherMajor, processUp, now, beat } = evidence;
  if (otherMajor === undefined) return judgeGone(evidence);
  const note = `its heartbeat is of protocol ${otherMajor.version}, which is not read here`;
  const isThere = processUp !== false && ageSeconds(otherMajor.at, now) <= HEARTBEAT_DEADLINE_SECONDS;
  return { ...(isThere ? bad("silent", 1, beat?.at ?? null) : judgeGone(evidence)), note };
}

function judgeGone(evidence: Evidence): Judgement {
  const { beat, processUp, busSince, now } = evidence;
  if (answers(evidence)) return bad("silent", 1, beat?.at ?? null);
  const isBusNew = busSince !== undefined && ageSeconds(busSince, now) <= HEARTBEAT_DEADLINE_SECONDS;
  if (isBusNew && processUp !== false) return unknown(busSince, "the bus was away");
  if (processUp === true) return bad("silent", 1, beat?.at ?? null);
  return beat === null ? bad("missing", 0, null) : bad("gone", 0, beat.at);
}

function isDeaf({ echo, canary }: Evidence, beat: Heartbeat): boolean {
  if (echo !== null || typeof canary === "number") return echo === "none" && typeof canary !== "number";
  return ageSeconds(beat.inboxReadAt, beat.at) > INBOX_DEADLINE_SECONDS;
}

function judgeWork(evidence: Evidence, beat: Heartbeat): Judgement {
  const { normalSeconds } = evidence.expected;
  // An item that was in hand when the beat was made is still there if a canary sent since then was not taken.
  const asOf = evidence.canary === "none" ? evidence.now : beat.at;
  const itemAge = beat.oldestInFlightAt === null ? 0 : ageSeconds(beat.oldestInFlightAt, asOf);
  const item = { since: beat.oldestInFlightAt, note: `item ${Math.round(itemAge)} s old, normal ≤ ${normalSeconds} s` };
  const taken = canaryTaken(evidence, beat);
  if (taken === "nobody asks") return unknown(evidence.canaryRoundAt, "no canaries are being sent");
  if (taken === "not yet asked") return unknown(beat.startedAt, "not asked yet");
  if (taken === "yes") {
    return itemAge > normalSeconds
      ? { verdict: "slow", rung: 4, health: "degraded", ...item }
      : { verdict: "working", rung: 5, health: "healthy", since: null, note: null };
  }
  // Busy counts as working: rung 4 is given on the word of the item's age.
  if (itemAge > 0 && itemAge <= normalSeconds) return { verdict: "busy", rung: 4, health: "healthy", ...item };
  return bad("alive but not consuming", 3, item.since ?? beat.canary.waitingSince ?? beat.canary.handledAt);
}

function canaryTaken(evidence: Evidence, { at, startedAt, canary }: Heartbeat) {
  const { now, canaryRoundAt, canariesSince } = evidence;
  if (evidence.canary !== null) return evidence.canary === "none" ? "no" : "yes";
  if (canary.waitingSince !== null && ageSeconds(canary.waitingSince, at) > CANARY_PATIENCE_SECONDS) return "no";
  if (ageSeconds(canary.handledAt, now) <= CANARY_ROUND_DEADLINE_SECONDS) return "yes";
  if (ageSeconds(canaryRoundAt, now) > CANARY_ROUND_DEADLINE_SECONDS) return "nobody asks";
  // Canaries go out every 15 s, to agents that should run: only after some rounds can one have failed to take one.
  const askedSince = Math.max(startedAt, canariesSince ?? 0, evidence.expected.desired.since ?? 0);
  return ageSeconds(askedSince, now) <= CANARY_ROUND_DEADLINE_SECONDS ? "not yet asked" : "no";
}

const isOffWord = (verdict: Verdict): boolean => ["stopped", "paused", "draining"].includes(verdict);

/** Rank for "sick first": worse is smaller. */
export const VERDICT_RANK: Readonly<Record<Verdict, number>> = Object.fromEntries(
  VERDICTS.map((verdict, index) => [verdict, verdict === "unknown" ? 4.5 : isOffWord(verdict) ? 8.5 : index]),
) as Record<Verdict, number>;

/** Whether the verdict counts as working. */
export const isWorking = (verdict: Verdict): boolean =>
  verdict === "working" || verdict === "busy" || verdict === "slow";
