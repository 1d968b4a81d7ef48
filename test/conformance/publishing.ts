import { randomBytes } from "node:crypto";
import { compiledFleet, type Heartbeat, matchTopics } from "@rollcall/core/protocol.ts";
import { type Finding, judged, notProvable } from "./rule.ts";
import { type Subject, sleep } from "./subject.ts";
import { parseJson } from "./watch.ts";

const RULES = ["probe", "poison", "new-topic"] as const;
const EVENT_MS = 10_000;
// A pattern is looked up again every 15 s.
const NEW_TOPIC_MS = 25_000;
const BEAT_MS = 7000;

type ReadBeat = () => Promise<Heartbeat | null>;

/**
 * Publishes to the agent: a probe, something that is no event, and a topic that its pattern fits. Whoever else reads the
 * topic gets them too; dead letters that come of it are removed.
 */
export async function judgePublished(subject: Subject, beat: ReadBeat): Promise<Finding[]> {
  const current = await beat();
  if (current === null) return unprovable("no beat can be read");
  const known = await topicsOf(subject);
  const [topic] = current.consumes.flatMap((pattern) =>
    pattern.endsWith(".*") ? matchTopics(pattern, known) : pattern,
  );
  if (topic === undefined) return unprovable("it reads no topic");
  const [events, newTopic] = await Promise.all([
    judgeEvents(subject, topic, beat),
    judgeNewTopic(subject, current.consumes),
  ]);
  return [...events, newTopic];
}

/** Why the rules are not tried. */
export const unprovable = (why: string): Finding[] => RULES.map((rule) => notProvable(rule, why));

async function topicsOf({ target, keys }: Subject): Promise<readonly string[]> {
  return compiledFleet.safeParse(parseJson((await target.redis.get(keys.fleet)) ?? "null")).data?.topics ?? [];
}

async function judgeEvents(subject: Subject, topic: string, beat: ReadBeat): Promise<Finding[]> {
  const { target, keys } = subject;
  const stream = keys.topic(topic);
  const before = await doneOf(beat, topic);
  const first = await lastIdOf(subject, stream);
  const probe = {
    ...{ specversion: "1.0", id: randomBytes(12).toString("hex"), source: "conformance", type: topic },
    ...{ time: new Date().toISOString(), datacontenttype: "application/json", probe: true, data: {} },
  };
  const probeId = String(await target.redis.xadd(stream, "*", "e", JSON.stringify(probe)));
  const poisonId = String(await target.redis.xadd(stream, "*", "e", '{"broken'));
  const arePassed = await becomes(EVENT_MS, async () => isTaken(subject, stream, poisonId));
  const letter = await letterOf(subject, topic, poisonId);
  const probeLetter = await letterOf(subject, topic, probeId);
  // The next heartbeat tells what the handler did meanwhile.
  const at = (await beat())?.counter ?? 0;
  await becomes(BEAT_MS, async () => ((await beat())?.counter ?? 0) > at);
  const others = (await target.redis.xrange(stream, `(${first}`, "+")).length - 2;
  const handled = (await doneOf(beat, topic)) - before;
  await forgetLetters(subject, topic, [probeId, poisonId]);
  const waits = "is not read and acknowledged within 10 s";
  const handledWords = `reached a handler: ${handled} were done of ${others} that are none`;
  return [
    judged("probe", !arePassed ? waits : probeLetter !== null ? "is parked" : handled > others ? handledWords : null),
    judged("poison", !arePassed ? waits : complaintAboutLetter(letter)),
  ];
}

function complaintAboutLetter(letter: Record<string, string> | null): string | null {
  if (letter === null) return "what is no event must be parked as a dead letter of its group; there is none";
  if ((letter.reason ?? "") === "") return "the dead letter says no reason";
  return letter.attempts === "0"
    ? null
    : `it never reached a handler, so attempts must be 0; found: ${letter.attempts}`;
}

const doneOf = async (beat: ReadBeat, topic: string): Promise<number> => (await beat())?.tasks[topic]?.done ?? 0;

async function lastIdOf({ target }: Subject, stream: string): Promise<string> {
  const [newest] = await target.redis.xrevrange(stream, "+", "-", "COUNT", 1);
  return newest?.[0] ?? "0-0";
}

/** Delivered to the agent's group, and not pending any more. */
async function isTaken({ target }: Subject, stream: string, id: string): Promise<boolean> {
  const groups = (await target.redis.xinfo("GROUPS", stream).catch(() => [])) as unknown[][];
  const own = groups.find((row) => row[1] === target.agent);
  if (own === undefined) return false;
  const delivered = String(own[own.indexOf("last-delivered-id") + 1]);
  if (Number.parseInt(delivered, 10) < Number.parseInt(id, 10)) return false;
  const pending = (await target.redis.xpending(stream, target.agent, id, id, 1)) as unknown[];
  return delivered >= id && pending.length === 0;
}

async function lettersOf({ target, keys }: Subject, topic: string) {
  const entries = await target.redis.xrevrange(keys.deadLetters(topic), "+", "-", "COUNT", 200);
  return entries.map(([entry, list]) => ({
    entry,
    fields: Object.fromEntries(list.flatMap((name, index) => (index % 2 ? [] : [[name, list[index + 1] ?? ""]]))),
  }));
}

async function letterOf(subject: Subject, topic: string, id: string): Promise<Record<string, string> | null> {
  const letters = await lettersOf(subject, topic);
  return letters.find(({ fields }) => fields.id === id && fields.group === subject.target.agent)?.fields ?? null;
}

async function forgetLetters(subject: Subject, topic: string, ids: readonly string[]): Promise<void> {
  const found = (await lettersOf(subject, topic)).filter(({ fields }) => ids.includes(fields.id ?? ""));
  if (found.length > 0)
    await subject.target.redis.xdel(subject.keys.deadLetters(topic), ...found.map(({ entry }) => entry));
}

/** A topic that appears while the agent runs must be read if a declared pattern fits it. */
async function judgeNewTopic(subject: Subject, consumes: readonly string[]): Promise<Finding> {
  const pattern = consumes.find((one) => one.endsWith(".*"));
  if (pattern === undefined) return notProvable("new-topic", "it declares no pattern");
  const topic = `${pattern.slice(0, -1)}conformance-${randomBytes(4).toString("hex")}`;
  if (!(await changeTopics(subject, (topics) => [...topics, topic])))
    return notProvable("new-topic", "there is no compiled fleet");
  const stream = subject.keys.topic(topic);
  const isRead = await becomes(NEW_TOPIC_MS, async () => {
    const groups = (await subject.target.redis.xinfo("GROUPS", stream).catch(() => [])) as unknown[][];
    return groups.some((row) => row[1] === subject.target.agent);
  });
  await changeTopics(subject, (topics) => topics.filter((one) => one !== topic));
  await subject.target.redis.del(stream);
  const complaint = `${topic} came into the compiled fleet and fits ${pattern}; after 25 s there is no group of it`;
  return judged("new-topic", isRead ? null : complaint, pattern);
}

/** Its version stays, so that the control service goes on with what it compiled. */
async function changeTopics({ target, keys }: Subject, change: (topics: string[]) => string[]): Promise<boolean> {
  const fleet = parseJson((await target.redis.get(keys.fleet)) ?? "null") as { topics?: string[] } | null | undefined;
  if (!Array.isArray(fleet?.topics)) return false;
  await target.redis.set(keys.fleet, JSON.stringify({ ...fleet, topics: change(fleet.topics) }));
  return true;
}

async function becomes(withinMs: number, look: () => Promise<boolean>): Promise<boolean> {
  for (const deadline = performance.now() + withinMs; ; await sleep(100)) {
    if (await look()) return true;
    if (performance.now() > deadline) return false;
  }
}
