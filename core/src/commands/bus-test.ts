import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { Failure } from "../domain/failure.ts";
import { timeToken } from "../domain/report.ts";
import { lookAction } from "../fleet-report.ts";
import { counted, listed, nearest } from "../fleet-words.ts";
import type { EventBus } from "../ports/event-bus.ts";
import { type CompiledFleet, matchTopics, topicName } from "../protocol.ts";

const input = z.strictObject({ topic: topicName.describe("Topic, like order.placed") });

const WAIT_MS = 5000;
const LOOK_MS = 20;

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
    const wanted = subscribersOf(topic, fleet);
    const probe = await ports.events.publishProbe(topic);
    const sentAt = Number.parseInt(probe, 10);
    const took = await awaitTaken(ports.events, { topic, probe, wanted });
    const missing = wanted.filter((agent) => !took.has(agent));
    const mark = missing.length > 0 ? "🔴" : "🟢";
    const bold = `${mark} *${took.size} of ${wanted.length} took it*`;
    return {
      headline: missing.length > 0 ? `${bold} — not ${listed(missing, 3)}` : bold,
      context: `probe on ${topic} · no handler saw it · as of ${timeToken(sentAt)}`,
      lines: [
        ...missing.slice(0, 8).map((agent) => `🔴 *${agent}* did not take it within ${WAIT_MS / 1000} s`),
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
function subscribersOf(topic: string, { agents, topics }: CompiledFleet): string[] {
  if (!topics.includes(topic)) {
    const near = nearest(topic, topics);
    const hint = near.length === 0 ? `There are ${counted(topics.length, "topic")}.` : `Meant ${near.join(" or ")}?`;
    throw new Failure("not_found", `"${topic}" is no topic. ${hint} Nothing was sent.`, {
      found: topic,
      allowed: near,
    });
  }
  return agents
    .filter(({ desired }) => desired.state === "running")
    .filter(({ consumes }) => consumes.some((pattern) => matchTopics(pattern, topics).includes(topic)))
    .map(({ id }) => id);
}

/** Milliseconds until each subscriber was handed the probe and acknowledged it, as far as it did in time. */
async function awaitTaken(
  events: EventBus,
  { topic, probe, wanted }: { topic: string; probe: string; wanted: readonly string[] },
): Promise<Map<string, number>> {
  const began = performance.now();
  const took = new Map<string, number>();
  while (took.size < wanted.length) {
    const left = wanted.filter((agent) => !took.has(agent));
    for (const agent of await events.readTaken(topic, probe, left))
      took.set(agent, Math.round(performance.now() - began));
    if (performance.now() - began > WAIT_MS) break;
    if (took.size < wanted.length) await sleep(LOOK_MS);
  }
  return took;
}
