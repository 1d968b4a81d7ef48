import type { Heartbeat } from "@rollcall/core/protocol.ts";
import { type Finding, judged, notProvable } from "./rule.ts";
import { type Question, redisNow, type Subject } from "./subject.ts";

/** Orders came with this minor version. */
const ORDERS_SINCE_MINOR = 3;
const RULES = ["order-expired", "order-fence", "unknown-run", "own-probe", "held"] as const;
const LATE_MS = 60_000;

/** Tries the orders of 1.3 with such as change nothing: what is late, for another process, or not declared. */
export async function judgeOrders(subject: Subject, newest: Heartbeat | null): Promise<Finding[]> {
  if (newest === null) return RULES.map((rule) => notProvable(rule, "no heartbeat can be read"));
  const { minor = 0, epoch } = newest;
  if (minor < ORDERS_SINCE_MINOR)
    return RULES.map((rule) => notProvable(rule, `it says 1.${minor}, orders are of 1.3`));
  const now = await redisNow(subject.target.redis);
  const late = await subject.ask("pause", { deadline: now - LATE_MS });
  const fenced = await subject.ask("pause", { epoch: Math.max(0, epoch - 1) });
  const run = await subject.ask("run", { args: { run: "no-such-run", runId: "run-of-conformance", inputs: {} } });
  const probe = await subject.ask("health");
  const findings = [
    await expectOneOf("order-expired", late, ["expired"]),
    await expectOneOf("order-fence", fenced, ["refused"]),
    await expectOneOf("unknown-run", run, ["refused"]),
    await expectOneOf("own-probe", probe, newest.health === true ? ["done", "failed"] : ["refused"]),
    judgeHeld(newest),
  ];
  // One that obeyed what it should not have is not left paused.
  if (findings.some(({ outcome }) => outcome === "failed")) await (await subject.ask("resume")).answer();
  for (const { message } of [late, fenced, run, probe]) await subject.target.redis.expire(message.replyTo ?? "", 600);
  return findings;
}

async function expectOneOf(rule: string, question: Question, outcomes: readonly string[]): Promise<Finding> {
  const answer = await question.answer();
  const found = answer === undefined ? "no answer within 5 s" : (answer.reply?.outcome ?? "an answer of another form");
  return judged(rule, outcomes.includes(found) ? null : `must be answered ${outcomes.join(" or ")}; found: ${found}`);
}

function judgeHeld({ held, inFlight }: Heartbeat): Finding {
  if (held === undefined) return judged("held", "a heartbeat of 1.3 says how many items it holds");
  return judged("held", held < inFlight ? `${held} held, but ${inFlight} in flight, which are among them` : null);
}
