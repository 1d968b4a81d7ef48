import { describe, expect, test } from "vitest";
import { createEvent, parseEvent } from "./event.ts";

const good = createEvent({ agent: "shop", topic: "orders.received", data: { order: "o-1" }, at: 0 });
const changed = (changes: object) => JSON.stringify({ ...good, ...changes });

describe("parseEvent", () => {
  test("returns what was created", () => {
    expect(parseEvent("orders.received", JSON.stringify(good))).toEqual({ ok: true, event: good });
  });

  test.each([
    ["no field", undefined, /no field e/],
    ["nothing", "", /not JSON/],
    ["a cut text", JSON.stringify(good).slice(0, -1), /not JSON/],
    ["no object", "7", /not an event/],
    ["another major version", changed({ protocol: "2.0" }), /another major version/],
    ["another version", changed({ specversion: "0.3" }), /specversion/],
    ["data that is no object", changed({ data: [] }), /data/],
    ["another topic's event", changed({ type: "orders.late" }), /type orders.late on topic orders.received/],
    ["more than 256 KiB", changed({ data: { text: "x".repeat(300_000) } }), /bytes, at most 262144/],
    ["a deep nest", changed({ data: 0 }).replace(/0}$/, `{"a":${"[".repeat(50_000)}${"]".repeat(50_000)}}}`), /./],
  ])("refuses %s with the reason", (_, text, reason) => {
    expect(parseEvent("orders.received", text)).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  });
});

describe("createEvent", () => {
  const cause = { ...good, correlationid: "run-1", traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` };
  test("goes on with the trace and the correlation of its cause, under a span of its own", () => {
    const event = createEvent({ agent: "billing", topic: "payments.captured", data: {}, at: 0, cause });
    expect(event.correlationid).toBe("run-1");
    expect(event.traceparent).toMatch(new RegExp(`^00-${"a".repeat(32)}-(?!${"b".repeat(16)})[0-9a-f]{16}-01$`));
  });
  test("a correlation of its own wins", () => {
    const event = createEvent({ agent: "b", topic: "t", data: {}, at: 0, cause, correlationId: "o-1" });
    expect(event.correlationid).toBe("o-1");
  });
});
