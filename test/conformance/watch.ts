import { openSeal } from "@rollcall/core/protocol/seal.ts";
import { type Heartbeat, heartbeat } from "@rollcall/core/protocol.ts";
import { type Finding, failed, judged, notProvable, passed } from "./rule.ts";
import { redisNow, type Subject, sleep } from "./subject.ts";

/** One beat as it stood in Redis. Times are Redis time in ms. */
export interface Sighting {
  readonly sealed: string;
  /** When it was first there; null if it was there already when the watch began. */
  readonly seenAt: number | null;
  /** Its score, looked at a moment later. */
  score: number | null;
  epochKey: number | null;
}

const POLL_MS = 100;
const BEATS = 3;
// Three beats of 5.5 s, and room for a busy machine.
const WATCH_MS = 18_000;

/** Watches presence until some beats have come. */
export async function watchBeats(subject: Subject): Promise<Sighting[]> {
  const sightings: Sighting[] = [];
  for (const deadline = performance.now() + WATCH_MS; performance.now() < deadline; await sleep(POLL_MS)) {
    await look(subject, sightings);
    if (sightings.length === BEATS && sightings.at(-1)?.score !== null) break;
  }
  return sightings;
}

async function look({ target, keys }: Subject, sightings: Sighting[]): Promise<void> {
  const { redis, agent } = target;
  const [sealed, score, epoch] = await Promise.all([
    redis.hget(keys.presence, agent),
    redis.zscore(keys.beats, agent),
    redis.get(keys.epoch(agent)),
  ]);
  if (sealed === null) return;
  const last = sightings.at(-1);
  if (last?.sealed !== sealed) {
    const seenAt = last === undefined ? null : await redisNow(redis);
    sightings.push({ sealed, seenAt, score: null, epochKey: null });
  } else if (last.score === null) {
    last.score = Number(score ?? Number.NaN);
    last.epochKey = Number(epoch ?? Number.NaN);
  }
}

const BEAT_RULES = ["seal", "form", "cadence", "counter", "clock", "score", "epoch", "inbox-read"] as const;

/** Judges what was watched. @returns the findings, and the newest genuine beat */
export function judgeBeats(subject: Subject, sightings: readonly Sighting[]): [Finding[], Heartbeat | null] {
  if (sightings.length === 0) {
    const rest = BEAT_RULES.map((rule) => notProvable(rule, "there is no beat"));
    return [
      [failed("beat", `nothing in the field ${subject.target.agent} of ${subject.keys.presence}`), ...rest],
      null,
    ];
  }
  const opened = sightings.map(({ sealed }) => openSeal(subject.key, sealed));
  const sealed = judged(
    "seal",
    opened.includes(null) ? "a beat is not sealed v1.<hmac>.<json> with the agent's own key" : null,
  );
  const parsed = opened.map((json) => (json === null ? null : heartbeat.safeParse(parseJson(json))));
  const problems = parsed.flatMap((result) => result?.error?.issues ?? []);
  const beats = parsed.map((result) => result?.data ?? null);
  const first = problems[0];
  const stranger = beats.find((beat) => beat !== null && beat.agent !== subject.target.agent);
  const form = first
    ? `${first.path.join(".") || "the beat"}: ${first.message}`
    : stranger && `agent is ${stranger.agent}, not ${subject.target.agent}`;
  const formed = opened.every((json) => json === null)
    ? notProvable("form", "no beat can be opened")
    : judged("form", form);
  const seen = sightings.map((sighting, index) => ({ ...sighting, beat: beats[index] ?? null }));
  return [[passed("beat"), sealed, formed, judgeCadence(sightings), ...judgeContents(seen)], beats.at(-1) ?? null];
}

// 5 s ± 10 %, and a second for the way and a busy machine.
const LONGEST_GAP_MS = 6500;

function judgeCadence(sightings: readonly Sighting[]): Finding {
  const times = sightings.flatMap(({ seenAt }) => seenAt ?? []);
  if (times.length < 2)
    return failed("cadence", `${times.length} new beats in ${WATCH_MS / 1000} s, there must be one every 5 s`);
  const gap = Math.max(...times.slice(1).map((at, index) => at - (times[index] as number)));
  const words = `${(gap / 1000).toFixed(1)} s between two beats`;
  return judged("cadence", gap > LONGEST_GAP_MS ? `${words}, there must be one every 5 s` : null, words);
}

type Seen = Sighting & { readonly beat: Heartbeat | null };
const SKEW_MS = 2000;
const DEAF_MS = 10_000;

function judgeContents(all: readonly Seen[]): Finding[] {
  const seen = all.flatMap(({ beat, ...rest }) => (beat === null ? [] : [{ ...rest, beat }]));
  const scored = seen.filter(({ score }) => score !== null);
  if (seen.length === 0) {
    return BEAT_RULES.slice(3).map((rule) => notProvable(rule, "no beat can be read"));
  }
  const pairs = seen.slice(1).map(({ beat }, index) => [seen[index]?.beat as Heartbeat, beat] as const);
  const back = pairs.find(([a, b]) => b.epoch < a.epoch || (b.epoch === a.epoch && b.counter <= a.counter));
  const skewed = seen.find(({ seenAt, beat }) => seenAt !== null && Math.abs(beat.at - seenAt) > SKEW_MS);
  const unscored = scored.find(({ score, beat }) => !(Math.abs((score as number) - beat.at) <= SKEW_MS));
  const fenced = scored.find(({ epochKey, beat }) => epochKey !== beat.epoch);
  const deaf = seen.find(({ beat }) => beat.at - beat.inboxReadAt > DEAF_MS);
  return [
    pairs.length === 0
      ? notProvable("counter", "there is only one beat")
      : judged(
          "counter",
          back && `epoch ${back[1].epoch}, counter ${back[1].counter} after ${back[0].epoch}, ${back[0].counter}`,
        ),
    judged(
      "clock",
      skewed && `at is ${skewed.beat.at - (skewed.seenAt ?? 0)} ms off Redis time; it must be Redis time`,
    ),
    judged("score", unscored && `the score is ${unscored.score}, the beat's at ${unscored.beat.at}`),
    judged("epoch", fenced && `the epoch key holds ${fenced.epochKey}, the beat says ${fenced.beat.epoch}`),
    judged(
      "inbox-read",
      deaf && `inboxReadAt is ${deaf.beat.at - deaf.beat.inboxReadAt} ms old, more than 10 s is deaf`,
    ),
  ];
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
