import type { ExpectedAgent, Heartbeat } from "../protocol.ts";
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
  "silent",
  "deaf",
  "alive but not consuming",
  "busy",
  "slow",
  "working",
  "unexpected",
  "unknown",
] as const;
export type Verdict = (typeof VERDICTS)[number];
export const HEALTHS = ["unknown", "healthy", "degraded", "critical", "off"] as const;
/** Health as the reader decides it; `off` is off on purpose and counted apart. */
export type Health = (typeof HEALTHS)[number];

/** All that is known of one expected agent at one moment. `null` means not asked or not measured. */
export interface Evidence {
  readonly expected: Pick<ExpectedAgent, "id" | "criticality" | "normalSeconds" | "desired">;
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
}

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

const off = (verdict: Verdict, since: number | null): Judgement => ({
  verdict,
  rung: 0,
  health: "off",
  since,
  note: null,
});

/**
 * The verdict on one expected agent: the highest rung that the evidence proves.
 * Direct evidence (echo, canary) beats what the heartbeat reports of earlier ones.
 */
export function judge(evidence: Evidence): Judgement {
  const { expected, beat, now } = evidence;
  const fresh = beat !== null && ageSeconds(beat.at, now) <= HEARTBEAT_DEADLINE_SECONDS;
  if (!fresh && expected.desired.state === "stopped") return off("stopped", expected.desired.since);
  if (!fresh) return judgeSilent(evidence);
  if (isDeaf(evidence, beat)) return bad("deaf", 2, beat.inboxReadAt);
  const rung = judgeWork(evidence, beat);
  if (expected.desired.state === "paused")
    return { ...rung, verdict: "paused", health: "off", since: expected.desired.since };
  return rung;
}

function bad(verdict: Verdict, rung: 0 | 1 | 2 | 3, since: number | null): Judgement {
  return { verdict, rung, health: "critical", since, note: null };
}

function judgeSilent({ beat, processUp }: Evidence): Judgement {
  if (processUp) return bad("silent", 1, beat?.at ?? null);
  return beat === null ? bad("missing", 0, null) : bad("gone", 0, beat.at);
}

function isDeaf(evidence: Evidence, beat: Heartbeat): boolean {
  if (evidence.echo !== null) return evidence.echo === "none";
  return ageSeconds(beat.inboxReadAt, evidence.now) > INBOX_DEADLINE_SECONDS + HEARTBEAT_DEADLINE_SECONDS;
}

function judgeWork(evidence: Evidence, beat: Heartbeat): Judgement {
  const { expected, now } = evidence;
  const itemAge = beat.oldestInFlightAt === null ? 0 : ageSeconds(beat.oldestInFlightAt, now);
  const taken = canaryTaken(evidence, beat);
  if (taken === false) {
    if (itemAge > 0 && itemAge <= expected.normalSeconds) {
      return {
        verdict: "busy",
        rung: 4,
        health: "healthy",
        since: beat.oldestInFlightAt,
        note: busyNote(itemAge, expected.normalSeconds),
      };
    }
    return bad(
      "alive but not consuming",
      3,
      beat.oldestInFlightAt ?? beat.canary.waitingSince ?? beat.canary.handledAt,
    );
  }
  if (taken === null)
    return {
      verdict: "unknown",
      rung: null,
      health: "unknown",
      since: evidence.canaryRoundAt,
      note: "no canaries are being sent",
    };
  if (itemAge > expected.normalSeconds) {
    return {
      verdict: "slow",
      rung: 4,
      health: "degraded",
      since: beat.oldestInFlightAt,
      note: busyNote(itemAge, expected.normalSeconds),
    };
  }
  return { verdict: "working", rung: 5, health: "healthy", since: null, note: null };
}

const busyNote = (age: number, normal: number): string => `item ${Math.round(age)} s old, normal ≤ ${normal} s`;

/** Whether the work loop takes canaries; null if nobody has asked lately. */
function canaryTaken({ canary, canaryRoundAt, now }: Evidence, beat: Heartbeat): boolean | null {
  if (canary !== null) return canary !== "none";
  if (
    ageSeconds(beat.canary.waitingSince, now) !== Number.POSITIVE_INFINITY &&
    ageSeconds(beat.canary.waitingSince, now) > CANARY_PATIENCE_SECONDS
  )
    return false;
  if (beat.canary.handledAt !== null && ageSeconds(beat.canary.handledAt, now) <= CANARY_ROUND_DEADLINE_SECONDS)
    return true;
  if (ageSeconds(canaryRoundAt, now) > CANARY_ROUND_DEADLINE_SECONDS) return null;
  // A process younger than one canary interval has not been asked yet: it has until the round after next.
  return ageSeconds(beat.startedAt, now) <= CANARY_ROUND_DEADLINE_SECONDS;
}

/** Rank for "sick first": worse is smaller. */
export const VERDICT_RANK: Readonly<Record<Verdict, number>> = Object.fromEntries(
  VERDICTS.map((verdict, index) => [
    verdict,
    verdict === "unknown" ? 3.5 : verdict === "stopped" || verdict === "paused" ? 7.5 : index,
  ]),
) as Record<Verdict, number>;

/** Whether the verdict counts as working. */
export const isWorking = (verdict: Verdict): boolean =>
  verdict === "working" || verdict === "busy" || verdict === "slow";
