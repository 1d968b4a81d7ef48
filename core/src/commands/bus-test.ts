import { z } from "zod";
import { defineCommand } from "../command.ts";
import { Failure } from "../domain/failure.ts";
import { timeToken } from "../domain/report.ts";
import { lookAction } from "../fleet-report.ts";
import { counted, listed, nearest } from "../fleet-words.ts";
import { PROBE_WAIT_MS, probeTopic, subscribersOf } from "../probe-topic.ts";
import { type CompiledFleet, topicName } from "../protocol.ts";

const input = z.strictObject({ topic: topicName.describe("Topic, like order.placed") });

export default defineCommand({
  name: "bus-test",
  aliases: [],
  kind: "read",
  summary: "Send a marked message to every subscriber of a topic, never handled as real",
  role: "operator",
  danger: 0,
  input,
  words: ["topic"],
  examples: ["bus test order.placed"],
  async run(raw, { ports }) {
    const { topic } = input.parse(raw);
    const fleet = await ports.registry.expected();
    requireTopic(topic, fleet);
    const wanted = subscribersOf(topic, fleet);
    const { probe, sentAt, took } = await probeTopic(ports.events, topic, wanted);
    const missing = wanted.filter((agent) => !took.has(agent));
    const mark = missing.length > 0 ? "🔴" : "🟢";
    const bold = `${mark} *${took.size} of ${wanted.length} took it*`;
    return {
      headline: missing.length > 0 ? `${bold} — not ${listed(missing, 3)}` : bold,
      context: `probe on ${topic} · no handler saw it · as of ${timeToken(sentAt)}`,
      lines: [
        ...missing.slice(0, 8).map((agent) => `🔴 *${agent}* did not take it within ${PROBE_WAIT_MS / 1000} s`),
        ...(missing.length > 8 ? [`and ${missing.length - 8} more`] : []),
        ...(took.size > 0 ? [`🟢 ${[...took].map(([agent, ms]) => `${agent} ${ms} ms`).join(" · ")}`] : []),
        ...(wanted.length === 0 ? [`Nobody subscribes to ${topic}.`] : []),
      ],
      fields: [],
      actions: missing.length === 0 ? [] : [lookAction("Roll call", "roll-call", { who: missing })],
      sameAs: `same as /fleet bus test ${topic}`,
      data: { topic, probe, at: sentAt, took: Object.fromEntries(took), missing },
    };
  },
});

/** @throws Failure "not_found" with the nearest names */
function requireTopic(topic: string, { topics }: Pick<CompiledFleet, "topics">): void {
  if (topics.includes(topic)) return;
  const near = nearest(topic, topics);
  const hint = near.length === 0 ? `There are ${counted(topics.length, "topic")}.` : `Meant ${near.join(" or ")}?`;
  throw new Failure("not_found", `"${topic}" is no topic. ${hint} Nothing was sent.`, {
    found: topic,
    allowed: near,
  });
}
