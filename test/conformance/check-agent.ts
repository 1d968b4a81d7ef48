import { openSeal } from "@rollcall/core/protocol/seal.ts";
import { heartbeat } from "@rollcall/core/protocol.ts";
import { judgeBroadcasts } from "./broadcast-rules.ts";
import { converse } from "./conversation.ts";
import { judgeDeclared } from "./declared.ts";
import { judgeOrders } from "./order-rules.ts";
import { judgePublished, unprovable } from "./publishing.ts";
import { type Finding, failed } from "./rule.ts";
import { Subject, type Target } from "./subject.ts";
import { judgeBeats, parseJson, watchBeats } from "./watch.ts";

/**
 * Checks one running agent against each rule of the protocol; takes about 15 s, half a minute with events.
 * @param mayPublish whether events may be published to it, which others that read the topic get too
 * @throws what Redis answers
 */
export async function checkAgent(target: Target, mayPublish = false): Promise<Finding[]> {
  const subject = new Subject(target);
  const traces = [subject.keys.inbox(target.agent), subject.keys.epoch(target.agent)];
  const found = await Promise.all(traces.map((key) => target.redis.exists(key)));
  const hasBeat = (await target.redis.hexists(subject.keys.presence, target.agent)) === 1;
  // Whoever asks an agent that never was leaves an inbox behind that nobody reads.
  if (!hasBeat && !found.includes(1)) return [failed("beat", `${target.agent} has left no trace in ${target.fleet}`)];
  const readBeat = async () => {
    const json = openSeal(subject.key, (await target.redis.hget(subject.keys.presence, target.agent)) ?? "");
    return json === null ? null : (heartbeat.safeParse(parseJson(json)).data ?? null);
  };
  const [sightings, conversation] = await Promise.all([watchBeats(subject), converse(subject, readBeat)]);
  const [beats, newest] = judgeBeats(subject, sightings);
  const declared = await judgeDeclared(subject, newest);
  const orders = await judgeOrders(subject, newest);
  const [broadcasts, published] = await Promise.all([
    judgeBroadcasts(subject, newest),
    mayPublish ? judgePublished(subject, readBeat) : unprovable("say --publish to try it"),
  ]);
  return [...beats, ...declared, ...conversation, ...orders, ...broadcasts, ...published];
}
