import type { ExpectedAgent } from "../protocol.ts";
import { ageSeconds, HEARTBEAT_DEADLINE_SECONDS } from "./freshness.ts";
import type { Evidence, Judgement, MappedBeat } from "./verdict.ts";

type Foreign = Pick<ExpectedAgent, "presence">;

/** Whether the agent does not speak the protocol: no canary is sent to it, and no order. */
export const isForeign = ({ presence }: Foreign): boolean => presence !== undefined;

/** Whether it should run and speaks the protocol, so that its rungs can be asked for. */
export const isAskable = (agent: Pick<ExpectedAgent, "presence" | "desired">): boolean =>
  agent.desired.state === "running" && !isForeign(agent);

const PROVABLE = { supervisor: 1, heartbeat: 2 } as const;
const NOT_PROVABLE = { supervisor: "heartbeat and work not provable", heartbeat: "work not provable" } as const;

/** The highest rung that the agent can prove at all: 5 if it speaks the protocol. */
export const provableRung = ({ presence }: Foreign): 1 | 2 | 5 => (presence === undefined ? 5 : PROVABLE[presence]);

/**
 * The verdict on an agent that does not speak the protocol. At best it is `up`, and its health stays unknown: a process or
 * a heartbeat alone is no proof of work.
 */
export function judgeForeign(evidence: Evidence): Judgement {
  const { desired, presence = "supervisor" } = evidence.expected;
  const found = presence === "supervisor" ? judgeProcess(evidence) : judgeMapped(evidence);
  if (desired.state === "running") return found;
  const isStopped = desired.state === "stopped" && found.rung === 0;
  return { ...found, health: "off", ...(isStopped ? { verdict: "stopped", since: desired.since } : {}) };
}

const up = ({ expected }: Evidence): Judgement => ({
  verdict: "up",
  rung: PROVABLE[expected.presence ?? "supervisor"],
  health: "unknown",
  since: null,
  note: NOT_PROVABLE[expected.presence ?? "supervisor"],
});

const bad = (verdict: "gone" | "missing" | "silent", since: number | null): Judgement => ({
  ...{ verdict, rung: verdict === "silent" ? 1 : 0, health: "critical", since, note: null },
});

const unknown = (note: string): Judgement => ({
  ...{ verdict: "unknown", rung: null, health: "unknown", since: null, note },
});

function judgeProcess(evidence: Evidence): Judgement {
  if (evidence.processUp === null) return unknown("its supervisor does not say whether it runs");
  return evidence.processUp ? up(evidence) : bad("gone", null);
}

function judgeMapped(evidence: Evidence): Judgement {
  const { mapped, processUp, now } = evidence;
  const at = mapped && "at" in mapped ? Math.min(mapped.at, now) : null;
  if (processUp === false) return bad("gone", at);
  const problem = problemOf(mapped, evidence);
  if (problem !== null) return unknown(problem);
  const { maxAgeSeconds = 0 } = evidence.expected.heartbeat ?? {};
  return ageSeconds(at, now) <= maxAgeSeconds ? up(evidence) : judgeSilent(evidence, { at, maxAgeSeconds });
}

function judgeSilent(
  { busSince, now, processUp }: Evidence,
  { at, maxAgeSeconds }: { at: number | null; maxAgeSeconds: number },
): Judgement {
  const patienceSeconds = Math.max(maxAgeSeconds, HEARTBEAT_DEADLINE_SECONDS);
  if (busSince !== undefined && ageSeconds(busSince, now) <= patienceSeconds) return unknown("the bus was away");
  if (processUp === true) return bad("silent", at);
  return bad(at === null ? "missing" : "gone", at);
}

/** A time ahead of ours would look fresh for as long as it is ahead, so it proves nothing; null if there is nothing to say. */
function problemOf(mapped: MappedBeat | null | undefined, { expected, now }: Evidence): string | null {
  if (mapped === undefined) return "nobody looked at its heartbeat";
  if (mapped === null) return null;
  if ("problem" in mapped) return mapped.problem;
  const aheadSeconds = (mapped.at - now) / 1000;
  if (aheadSeconds <= (expected.heartbeat?.maxAgeSeconds ?? 0)) return null;
  return `its heartbeat is ${Math.round(aheadSeconds)} s ahead of Redis: is its time in ${expected.heartbeat?.time}?`;
}
