import { beforeEach, describe, expect, test } from "vitest";
import { lookAt } from "../command-fixture.ts";
import { FakeFleet } from "../fleet-fixture.ts";
import type { SeenEvent } from "../ports/event-bus.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
let fleet: FakeFleet;
let published: string[];
let events: SeenEvent[];
/** Who takes nothing. */
let deaf: string[];

beforeEach(() => {
  fleet = new FakeFleet("order-validator", "stock-keeper", "billing");
  published = [];
  events = [];
  deaf = [];
  declare("order-validator", ["orders.received"], ["orders.validated", "orders.rejected"]);
  declare("stock-keeper", ["orders.validated", "payments.*"], ["stock.reserved"]);
  declare("billing", ["stock.reserved"], ["payments.captured"]);
  const compiled = fleet.ports.registry.expected;
  const topics = ["orders.received", "orders.validated", "orders.rejected", "stock.reserved", "payments.captured"];
  Object.assign(fleet.ports.registry, { expected: async () => ({ ...(await compiled()), topics }) });
  Object.assign(fleet.ports.events, {
    publishProbe: async (topic: string) => {
      published.push(topic);
      return `${fleet.now}-0`;
    },
    readTaken: async (_topic: string, _id: string, groups: readonly string[]) =>
      new Set(groups.filter((group) => !deaf.includes(group))),
    readEvents: async () => events,
  });
});

function declare(id: string, consumes: string[], publishes: string[]): void {
  const agent = fleet.agent(id);
  agent.expected = { ...agent.expected, consumes, publishes };
}
const trace = (what: string) => lookAt(fleet, { name: "bus-trace", input: { what } });
/** @param from who published it, and how many ms from now */
const event = (
  topic: string,
  from: readonly [source: string, at: number],
  more: Partial<SeenEvent> = {},
): SeenEvent => {
  const [source, ms] = from;
  const at = fleet.now + ms;
  return { topic, source, at, entryId: `${at}-0`, id: `e-${topic}`, traceId: TRACE, isProbe: false, ...more };
};

describe("the route of a topic", () => {
  test("is what its subscribers declare, hop by hop, each topic tried once, a circle walked once", async () => {
    const { headline, lines } = await trace("orders.received");
    expect(headline).toBe("🟢 *orders.received leads to 3 agents*");
    expect(lines.map((line) => line.replace(/\d+ ms/, "N ms"))).toEqual([
      "› orders.received → *order-validator* N ms → orders.validated, orders.rejected",
      "›› orders.validated → *stock-keeper* N ms → stock.reserved",
      "››› stock.reserved → *billing* N ms → payments.captured",
      "›››› payments.captured → *stock-keeper* N ms → stock.reserved",
    ]);
    expect(published).toEqual(["orders.received", "orders.validated", "stock.reserved", "payments.captured"]);
  });

  test("names who does not take it", async () => {
    deaf = ["billing"];
    const { headline, lines } = await trace("stock.reserved");
    expect(headline).toBe("🔴 *stock.reserved leads to 2 agents* — not to billing");
    expect(lines[0]).toBe("› stock.reserved → *billing* ✗ not in 5 s → payments.captured");
  });

  test("leaves out who is stopped, and says that nobody is left", async () => {
    const agent = fleet.agent("billing");
    agent.expected = { ...agent.expected, desired: { state: "stopped", by: "Olga", since: 1, reason: null } };
    expect((await trace("stock.reserved")).headline).toBe("❔ *Nobody takes stock.reserved*");
  });
});

describe("the route of an event", () => {
  const course = () => [
    event("stock.reserved", ["stock-keeper", 9]),
    event("orders.received", ["shop", 0]),
    event("orders.validated", ["order-validator", 4]),
    event("orders.validated", ["order-validator", 50], { traceId: "0".repeat(31).concat("1"), id: "e-other" }),
  ];

  test("is what followed from it, each event below its cause, with the ms between them and who has still to take it", async () => {
    events = course();
    deaf = ["billing"];
    for (const what of [TRACE, "e-orders.validated", `${fleet.now + 9}-0`]) {
      const { headline, lines, context } = await trace(what);
      expect(headline).toBe("*orders.received → 3 events in 9 ms*");
      expect(lines).toEqual([
        "› *orders.received* by shop (e-orders.received)",
        "›› +4 ms *orders.validated* by order-validator (e-orders.validated)",
        "››› +5 ms *stock.reserved* by stock-keeper (e-stock.reserved) · waits for billing",
      ]);
      expect(context).toContain(`trace ${TRACE}`);
    }
  });

  test("is the event alone if it names no trace", async () => {
    events = [
      event("orders.received", ["shop", 0], { traceId: null }),
      event("orders.received", ["shop", 1], { traceId: null, id: "e2" }),
    ];
    const { headline, context } = await trace("e2");
    expect(headline).toBe("*orders.received → 1 event in 0 ms*");
    expect(context).toContain("it names no trace");
  });

  test("cannot be shown of what is not there, and nothing is sent", async () => {
    await expect(trace("orders.recieved")).rejects.toMatchObject({
      code: "not_found",
      detail: { allowed: expect.arrayContaining(["orders.received"]) },
    });
    expect(published).toEqual([]);
  });
});
