import { INBOX_GROUP } from "@rollcall/core/protocol/keys.ts";
import { compiledFleet, type Heartbeat, matchTopics } from "@rollcall/core/protocol.ts";
import { type Finding, judged, notProvable } from "./rule.ts";
import type { Subject } from "./subject.ts";
import { parseJson } from "./watch.ts";

/** Whether what the agent declares is what is expected of it, and whether its groups exist. */
export async function judgeDeclared(subject: Subject, beat: Heartbeat | null): Promise<Finding[]> {
  const { target, keys } = subject;
  const fleet = compiledFleet.safeParse(parseJson((await target.redis.get(keys.fleet)) ?? "null")).data;
  const expected = fleet?.agents.find(({ id }) => id === target.agent);
  const groups = await groupsOf(subject, keys.inbox(target.agent));
  const consumers = await consumersOf(subject);
  const inbox = !groups.includes(INBOX_GROUP)
    ? `the inbox has no group ${INBOX_GROUP}`
    : consumers.includes(target.agent)
      ? null
      : `nobody reads it as the consumer ${target.agent}`;
  return [
    judged("inbox-group", inbox),
    judgeExpected(beat, expected),
    await judgeSubscriptions(subject, beat, fleet?.topics ?? []),
  ];
}

function judgeExpected(
  beat: Heartbeat | null,
  expected: Pick<Heartbeat, "consumes" | "publishes"> | undefined,
): Finding {
  if (beat === null) return notProvable("declared", "no beat can be read");
  if (expected === undefined) return notProvable("declared", "the agent is not in the compiled fleet");
  const wrong = (["consumes", "publishes"] as const).find(
    (field) => beat[field].toSorted().join() !== [...expected[field]].toSorted().join(),
  );
  return judged(
    "declared",
    wrong &&
      `${wrong} is ${beat[wrong].join(", ") || "empty"}, the fleet says ${expected[wrong].join(", ") || "nothing"}`,
  );
}

async function judgeSubscriptions(
  subject: Subject,
  beat: Heartbeat | null,
  topics: readonly string[],
): Promise<Finding> {
  if (beat === null) return notProvable("subscriptions", "no beat can be read");
  const plain = beat.consumes.filter((pattern) => !pattern.endsWith(".*"));
  const wanted = new Set([...plain, ...beat.consumes.flatMap((pattern) => matchTopics(pattern, topics))]);
  const missing: string[] = [];
  for (const topic of wanted) {
    if (!(await groupsOf(subject, subject.keys.topic(topic))).includes(subject.target.agent)) missing.push(topic);
  }
  const complaint = missing.length > 0 ? `there is no group ${subject.target.agent} on ${missing.join(", ")}` : null;
  return judged("subscriptions", complaint, wanted.size === 1 ? "1 topic" : `${wanted.size} topics`);
}

const nameIn = (row: unknown): string => String((row as unknown[])[1]);

async function groupsOf({ target }: Subject, stream: string): Promise<string[]> {
  const rows = (await target.redis.xinfo("GROUPS", stream).catch(() => [])) as unknown[];
  return rows.map(nameIn);
}

async function consumersOf({ target, keys }: Subject): Promise<string[]> {
  const inbox = keys.inbox(target.agent);
  const rows = (await target.redis.xinfo("CONSUMERS", inbox, INBOX_GROUP).catch(() => [])) as unknown[];
  return rows.map(nameIn);
}
