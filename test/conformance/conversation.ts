import { randomBytes } from "node:crypto";
import { deriveAgentKey } from "@rollcall/core/protocol/seal.ts";
import type { ControlMessage, Heartbeat } from "@rollcall/core/protocol.ts";
import { type Finding, failed, judged, notProvable, passed } from "./rule.ts";
import { ANSWER_MS, type Answer, type Question, redisNow, type Subject, sleep } from "./subject.ts";

const none = "no answer within 5 s";
const says = (answer: Answer | undefined): string => {
  if (answer === undefined) return none;
  return answer.reply?.outcome ?? "an answer that is not sealed, or has another form";
};
type ReadBeat = () => Promise<Heartbeat | null>;

/** Talks to the agent through its inbox, with messages that change nothing. */
export async function converse(subject: Subject, beat: ReadBeat): Promise<Finding[]> {
  const stranger = deriveAgentKey(subject.target.fleetKey, "somebody-else");
  const now = await redisNow(subject.target.redis);
  const current = await beat();
  const ignored = {
    unsigned: await subject.ask("echo", {}, stranger),
    "unknown-kind": await subject.ask("dance"),
    "other-version": await subject.ask("echo", { v: 2 as 1 }),
  };
  const asked = {
    echo: await subject.ask("echo", { args: { nonce: nonce() } }),
    canary: await subject.ask("canary", { args: { nonce: nonce() } }),
    expired: await subject.ask("drill", { deadline: now - 60_000, args: { fault: "none" } }),
    "epoch-fence": await subject.ask("drill", {
      epoch: Math.max(0, (current?.epoch ?? 1) - 1),
      args: { fault: "none" },
    }),
    "unknown-fault": await subject.ask("drill", { args: { fault: "no-such-fault" } }),
    "later-minor": await subject.ask("echo", LATER),
    effect: await subject.ask("drill", { args: { fault: "none" } }),
  };
  const findings = [
    await judgeEcho(asked.echo),
    ...(await judgeCanary(asked.canary, beat)),
    await expectOutcome("expired", asked.expired, "expired"),
    await expectOutcome("later-minor", asked["later-minor"], "done"),
    await expectOutcome("epoch-fence", asked["epoch-fence"], "refused"),
    await expectOutcome("unknown-fault", asked["unknown-fault"], "refused"),
    await judgeRepeat(subject, asked.effect),
  ];
  const last = await subject.ask("echo");
  findings.push(judged("still-there", (await last.answer()) === undefined ? `after all this: ${none}` : null));
  for (const [rule, question] of Object.entries(ignored)) findings.push(await judgeIgnored(rule, question));
  const questions = [...Object.values(ignored), ...Object.values(asked), last];
  findings.push(
    await judgeSeals(Object.values(asked)),
    await judgeExpiry(subject, asked.echo),
    await judgeAcked(subject),
  );
  await forget(subject, questions);
  return findings;
}

/** What a later minor version may add, here and there. */
const LATER = { minor: 99, urgency: "high", args: { nonce: "later", colour: "red" } } as Partial<ControlMessage>;

const nonce = (): string => randomBytes(9).toString("base64url");

async function judgeEcho(question: Question): Promise<Finding> {
  const answer = await question.answer();
  if (answer === undefined) return failed("echo", none);
  const took = `answered in ${Math.round(answer.tookMs)} ms`;
  const { reply } = answer;
  // Whether it is sealed is a rule of its own.
  if (reply === null) return passed("echo", took);
  if (reply.outcome !== "done") return failed("echo", `answered ${reply.outcome}`);
  return judged("echo", reply.nonce === question.message.args.nonce ? null : "the nonce did not come back", took);
}

async function judgeCanary(question: Question, beat: ReadBeat): Promise<Finding[]> {
  const answer = await question.answer();
  if (answer === undefined) return [failed("canary", none), notProvable("canary-told", "no canary was handled")];
  const canary = judged("canary", complaintAboutCanary(answer, question));
  const sentAt = question.message.deadline - 30_000;
  for (const deadline = performance.now() + 8000; performance.now() < deadline; await sleep(100)) {
    const handledAt = (await beat())?.canary.handledAt ?? Number.NEGATIVE_INFINITY;
    if (handledAt >= sentAt - 1000) return [canary, passed("canary-told")];
  }
  return [canary, failed("canary-told", "no later beat says canary.handledAt")];
}

function complaintAboutCanary(answer: Answer, { message }: Question): string | null {
  const { reply } = answer;
  if (reply === null || reply.outcome !== "done") return `must be answered done; found: ${says(answer)}`;
  if (reply.waitedMs === null || reply.tookMs === null) return "waitedMs and tookMs must be numbers";
  return reply.nonce === message.args.nonce ? null : "the nonce did not come back";
}

async function expectOutcome(rule: string, question: Question, outcome: string): Promise<Finding> {
  const answer = await question.answer();
  const found = says(answer);
  return judged(rule, found === outcome ? null : `must be answered ${outcome}; found: ${found}`);
}

async function judgeRepeat(subject: Subject, first: Question): Promise<Finding> {
  const found = says(await first.answer());
  if (found !== "done") return failed("repeat", `the drill none must be answered done; found: ${found}`);
  const { id, replyTo } = first.message;
  // After its deadline, because so it is asked what became of an order.
  const again = await subject.ask("drill", { id, deadline: 1, replyTo, args: { fault: "none" } });
  const second = await again.answer(2);
  const repeated = says(second);
  if (repeated !== "repeated")
    return failed("repeat", `the same id again must be answered repeated, after its deadline too; found: ${repeated}`);
  const detail = second?.reply?.detail ?? null;
  return judged("repeat", detail?.includes("done") ? null : `detail must be the first outcome, done; found: ${detail}`);
}

async function judgeIgnored(rule: string, question: Question): Promise<Finding> {
  const done = (await question.answers()).some(({ reply }) => reply === null || reply.outcome === "done");
  return judged(rule, done ? "was obeyed; it must be acknowledged and left" : null);
}

async function judgeSeals(questions: readonly Question[]): Promise<Finding> {
  const answers = (await Promise.all(questions.map((question) => question.answers()))).flat();
  if (answers.length === 0) return notProvable("answer-seal", "nothing was answered");
  const bad = answers.filter(({ reply }) => reply === null).length;
  return judged(
    "answer-seal",
    bad > 0 ? `${bad} of ${answers.length} answers are not sealed with the agent's key, or have another form` : null,
  );
}

async function judgeExpiry({ target }: Subject, question: Question): Promise<Finding> {
  if ((await question.answers()).length === 0) return notProvable("answer-expiry", "nothing was answered");
  for (const deadline = performance.now() + 2000; performance.now() < deadline; await sleep(50)) {
    if ((await target.redis.ttl(question.message.replyTo ?? "")) > 0) return passed("answer-expiry");
  }
  return failed("answer-expiry", "the stream of answers has no EXPIRE");
}

async function judgeAcked({ target, keys }: Subject): Promise<Finding> {
  const inbox = keys.inbox(target.agent);
  for (const deadline = performance.now() + ANSWER_MS; ; await sleep(50)) {
    const pending = await target.redis.xpending(inbox, "agent").then(
      ([count]) => Number(count),
      () => null,
    );
    if (pending === 0) return passed("acked");
    if (pending === null) return notProvable("acked", "there is no group");
    if (performance.now() > deadline) return failed("acked", `${pending} entries of the inbox are not acknowledged`);
  }
}

/** Streams of answers that the agent does not let expire are not left behind. */
async function forget({ target }: Subject, questions: readonly Question[]): Promise<void> {
  await Promise.all(questions.map(({ message }) => target.redis.expire(message.replyTo ?? "", 600)));
}
