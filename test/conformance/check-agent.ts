import { openSeal } from "@rollcall/core/protocol/seal.ts";
import { heartbeat } from "@rollcall/core/protocol.ts";
import { converse } from "./conversation.ts";
import { judgeDeclared } from "./declared.ts";
import { type Finding, failed } from "./rule.ts";
import { Subject, type Target } from "./subject.ts";
import { judgeBeats, parseJson, watchBeats } from "./watch.ts";

/** Checks one running agent against each rule of the protocol; takes about 15 s. @throws what Redis answers */
export async function checkAgent(target: Target): Promise<Finding[]> {
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
  return [...beats, ...(await judgeDeclared(subject, newest)), ...conversation];
}
