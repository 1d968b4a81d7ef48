import { randomBytes } from "node:crypto";
import { deriveBroadcastKey } from "@rollcall/core/protocol/broadcast-seal.ts";
import type { BroadcastMessage, Heartbeat } from "@rollcall/core/protocol.ts";
import { type Finding, judged, notProvable } from "./rule.ts";
import { ANSWER_MS, type Answer, redisNow, type Subject } from "./subject.ts";

/** Tells the agent something by broadcast, once rightly and once signed by somebody else. */
export async function judgeBroadcasts(subject: Subject, beat: Heartbeat | null): Promise<Finding[]> {
  if (beat?.broadcastReadAt === undefined) {
    const why = beat === null ? "no beat can be read" : "it does not listen to broadcasts: no broadcastReadAt";
    return [notProvable("broadcast", why), notProvable("broadcast-seal", why)];
  }
  const { fleetKey } = subject.target;
  const forged = await subject.broadcast(await messageFor(subject), deriveBroadcastKey(`not ${fleetKey}`));
  const genuine = await subject.broadcast(await messageFor(subject), deriveBroadcastKey(fleetKey));
  const answer = await genuine.answer();
  // It came before the genuine one in the same stream.
  const obeyed = (await forged.answers()).length > 0;
  return [
    judged("broadcast", complaintAbout(answer, genuine.message.args.nonce)),
    answer === undefined
      ? notProvable("broadcast-seal", "nothing is answered")
      : judged("broadcast-seal", obeyed ? "one that the fleet's key did not sign was obeyed" : null),
  ];
}

function complaintAbout(answer: Answer | undefined, nonce: string | undefined): string | null {
  if (answer === undefined)
    return `it says that it listens, but an echo by broadcast is not answered in ${ANSWER_MS / 1000} s`;
  if (answer.reply?.outcome !== "done")
    return `must be answered done; found: ${answer.reply?.outcome ?? "another form"}`;
  return answer.reply.nonce === nonce ? null : "the nonce did not come back";
}

async function messageFor({ target, keys }: Subject): Promise<BroadcastMessage> {
  const id = `conformance-all-${randomBytes(6).toString("hex")}`;
  const deadline = (await redisNow(target.redis)) + 30_000;
  const args = { nonce: randomBytes(9).toString("base64url") };
  return { ...{ v: 1, id, kind: "echo", deadline, replyTo: keys.replies(id), args }, to: { [target.agent]: null } };
}
