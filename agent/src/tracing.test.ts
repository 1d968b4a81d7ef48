import { requestContext } from "@rollcall/core/protocol/request-context.ts";
import { type SpanFacts, useTracer } from "@rollcall/core/protocol/span.ts";
import { continueTrace } from "@rollcall/core/protocol/traceparent.ts";
import { createStage, type Stage, until } from "@rollcall/test/agent-stage.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const CLICK = `00-${TRACE}-00f067aa0ba902b7-01`;
const begun: (SpanFacts & { name: string; traceparent: string })[] = [];

let stage: Stage;
beforeAll(async () => {
  useTracer({
    start: (name, facts) => {
      const span = { traceparent: continueTrace(facts.parent), set: () => undefined, end: () => undefined };
      begun.push({ name, ...facts, traceparent: span.traceparent });
      return span;
    },
  });
  const declared = { consumes: ["asked.first"], publishes: ["answered.first"] };
  stage = await createStage(inject("redisUrl"), { relay: declared });
  await stage.start("relay", {
    ...declared,
    handle: {
      "asked.first": async (event, { publish }) => {
        await publish("answered.first", { ...event.data, context: { ...requestContext() } as never });
      },
    },
  });
});
afterAll(() => stage.close());

const spansOf = (trace: string) => begun.filter(({ traceparent }) => traceparent.includes(trace));
const namesOf = (trace: string): string[] => spansOf(trace).map(({ name }) => name);

async function published(count: number) {
  const entries = await until("what was published", async () => {
    const found = await stage.admin.xrange(stage.keys.topic("answered.first"), "-", "+");
    return found.length >= count && found;
  });
  return entries.map(([, [, text]]) => JSON.parse(text ?? "null"));
}

describe("a trace on the bus", () => {
  test("goes from an event through its handler to what that publishes, with the ids beside it", async () => {
    const ids = { requestid: "req-1", correlationid: "order-7", customerid: "customer-3" };
    await stage.publish("asked.first", { n: 1 }, { traceparent: CLICK, ...ids });
    const [answer] = await published(1);
    expect(answer).toMatchObject({ ...ids, data: { n: 1, context: { requestId: "req-1", customerId: "customer-3" } } });
    const [handled, sent] = spansOf(TRACE);
    expect(handled).toMatchObject({ name: "handle event", kind: "consumer", parent: CLICK });
    expect(sent).toMatchObject({ name: "publish event", kind: "producer", parent: handled?.traceparent });
    expect(answer.traceparent).toBe(sent?.traceparent);
    expect(answer.data.context.traceparent).toBe(handled?.traceparent);
  });

  test("of one event is never that of the one before it in the loop", async () => {
    const other = TRACE.replaceAll("4", "5");
    await stage.publish("asked.first", { n: 2 }, { traceparent: CLICK.replace(TRACE, other) });
    await stage.publish("asked.first", { n: 3 });
    const [, second, third] = await published(3);
    expect(second.traceparent).toContain(other);
    expect(third.traceparent).not.toContain(other);
    expect(third).not.toHaveProperty("correlationid");
  });

  test.each(["echo", "canary"] as const)("goes from an %s through the agent to its reply", async (kind) => {
    const trace = kind === "echo" ? "e".repeat(32) : "c".repeat(32);
    await stage.ask("relay", kind, { traceparent: `00-${trace}-00f067aa0ba902b7-01`, args: { nonce: "n" } });
    expect(namesOf(trace)).toEqual([`apply ${kind}`, "send reply"]);
    expect(spansOf(trace)[0]?.parent).toContain("00f067aa0ba902b7");
  });

  test("is not begun by a canary that nobody asked for", async () => {
    const before = begun.length;
    await stage.ask("relay", "canary", { args: { nonce: "n" } });
    expect(begun.slice(before)).toEqual([]);
  });
});
