import { z } from "zod";
import { defineCommand, type ReadContext } from "../command.ts";
import { Failure } from "../domain/failure.ts";
import { timeToken } from "../domain/report.ts";
import { counted, listed, nearest, plain } from "../fleet-words.ts";
import type { SeenEvent } from "../ports/event-bus.ts";
import { PROBE_WAIT_MS, type Probed, probeTopic, subscribersOf } from "../probe-topic.ts";
import type { CompiledFleet } from "../protocol.ts";
import { declaredRoute, followEvents, type Hop, type TracedEvent } from "../trace-route.ts";

const input = z.strictObject({
  what: z.string().trim().min(1).max(200).describe("A topic, or the id of an event, of its entry or of its trace"),
});
/** Lines that one message shows. */
const SHOWN = 25;
/** Events that are looked at in all; of many topics each has fewer. */
const MOST_EVENTS = 20_000;
/** Topics that are probed at once. */
const MOST_PROBES = 20;

export default defineCommand({
  name: "bus-trace",
  aliases: [],
  kind: "read",
  summary: "Show the route of a topic, or of one event, hop by hop, in ms",
  role: "viewer",
  danger: 0,
  input,
  words: ["what"],
  examples: ["bus trace orders.received", "bus trace 4bf92f3577b34da6a3ce929d0e0e4736"],
  async run(raw, context) {
    const { what } = input.parse(raw);
    const fleet = await context.ports.registry.expected();
    return fleet.topics.includes(what)
      ? await traceTopic(what, fleet, context)
      : await traceEvent(what, fleet, context);
  },
});

/** The declared route, each topic of it tried with a marked message that no handler sees. */
async function traceTopic(topic: string, fleet: CompiledFleet, { ports: { events } }: ReadContext) {
  const { hops, isCut } = declaredRoute(topic, fleet);
  const topics = [...new Set(hops.map((hop) => hop.topic))];
  const tried = topics.slice(0, MOST_PROBES);
  const asked = tried.map(async (one) => [one, await probeTopic(events, one, subscribersOf(one, fleet))] as const);
  const probed = new Map(await Promise.all(asked));
  const missing = hops.filter((hop) => probed.has(hop.topic) && tookOf(hop, probed) === null);
  const [first] = probed.values();
  return {
    headline:
      hops.length === 0
        ? `❔ *Nobody takes ${topic}*`
        : `${missing.length > 0 ? "🔴" : "🟢"} *${topic} leads to ${counted(new Set(hops.map(({ agent }) => agent)).size, "agent")}*${missing.length > 0 ? ` — not to ${listed([...new Set(missing.map(({ agent }) => agent))], 3)}` : ""}`,
    context: [
      "as declared, each topic tried with a marked message that no handler saw",
      ...(isCut ? ["cut: more follows"] : []),
      ...(tried.length < topics.length ? [`${topics.length - tried.length} topics were not tried`] : []),
      ...(first === undefined ? [] : [`as of ${timeToken(first.sentAt)}`]),
    ].join(" · "),
    lines: linesOf(hops.map((hop) => hopLine(hop, probed))),
    ...{ fields: [], actions: [], sameAs: `same as /fleet bus trace ${topic}` },
    data: { topic, hops: hops.map((hop) => ({ ...hop, tookMs: tookOf(hop, probed) })), missing: missing.length, isCut },
  };
}

const tookOf = ({ topic, agent }: Hop, probed: ReadonlyMap<string, Probed>): number | null =>
  probed.get(topic)?.took.get(agent) ?? null;

function hopLine(hop: Hop, probed: ReadonlyMap<string, Probed>): string {
  const { depth, topic, agent, publishes } = hop;
  const ms = tookOf(hop, probed);
  const took = ms !== null ? `${ms} ms` : probed.has(topic) ? `✗ not in ${PROBE_WAIT_MS / 1000} s` : "not tried";
  const next = publishes.length === 0 ? "" : ` → ${listed([...publishes], 4)}`;
  return `${"›".repeat(depth + 1)} ${topic} → *${agent}* ${took}${next}`;
}

/** What followed from an event, and who has not taken what of it. */
async function traceEvent(what: string, fleet: CompiledFleet, { ports: { events } }: ReadContext) {
  const newest = Math.max(20, Math.floor(MOST_EVENTS / Math.max(1, fleet.topics.length)));
  const seen = await events.readEvents(fleet.topics, newest);
  const named = seen.find(({ id, entryId, traceId }) => [id, entryId, traceId].includes(what));
  if (named === undefined) throw notFound(what, fleet, newest);
  const same = (event: SeenEvent): boolean =>
    named.traceId === null ? event === named : event.traceId === named.traceId;
  const traced = followEvents(seen.filter(same), fleet);
  const waiting = await Promise.all(traced.map((event) => untakenBy(event, fleet, events)));
  const begun = Math.min(...traced.map(({ at }) => at));
  const took = Math.max(...traced.map(({ at }) => at)) - begun;
  return {
    headline: `*${traced[0]?.topic} → ${counted(traced.length, "event")} in ${took} ms*`,
    context: [
      ...(named.traceId === null ? ["it names no trace, so what followed is not known"] : [`trace ${named.traceId}`]),
      `the newest ${newest} of each topic were looked at`,
      `begun ${timeToken(begun)}`,
    ].join(" · "),
    lines: linesOf(traced.map((event, index) => eventLine(event, waiting[index] ?? []))),
    ...{ fields: [], actions: [], sameAs: `same as /fleet bus trace ${what}` },
    data: {
      traceId: named.traceId,
      events: traced.map((event, index) => ({ ...event, waitsFor: waiting[index] ?? [] })),
    },
  };
}

async function untakenBy(event: TracedEvent, fleet: CompiledFleet, events: ReadContext["ports"]["events"]) {
  const wanted = subscribersOf(event.topic, fleet);
  const taken = await events.readTaken(event.topic, event.entryId, wanted);
  return wanted.filter((agent) => !taken.has(agent));
}

function eventLine({ depth, afterMs, topic, source, id, isProbe }: TracedEvent, waitsFor: readonly string[]): string {
  const when = afterMs === null ? "" : ` +${afterMs} ms`;
  const waits = waitsFor.length === 0 ? "" : ` · waits for ${listed([...waitsFor], 3)}`;
  return `${"›".repeat(depth + 1)}${when} *${topic}* by ${plain(source, 63)}${isProbe ? ", a probe" : ""} (${plain(id, 40)})${waits}`;
}

const linesOf = (lines: readonly string[]): string[] => [
  ...lines.slice(0, SHOWN),
  ...(lines.length > SHOWN ? [`and ${lines.length - SHOWN} more`] : []),
];

function notFound(what: string, { topics }: CompiledFleet, newest: number): Failure {
  const near = nearest(what, topics);
  const hint = near.length === 0 ? "" : ` Meant ${near.join(" or ")}?`;
  return new Failure(
    "not_found",
    `"${plain(what, 60)}" is no topic and no event among the newest ${newest} of each.${hint}`,
    {
      found: what,
      allowed: near,
    },
  );
}
