import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { createPagerDuty } from "./events.ts";

const ROUTING_KEY = "0123456789abcdef0123456789abcdef";
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A PagerDuty that answers with these statuses in turn, the last one for ever; "cut" ends the connection. */
async function answering(...answers: (readonly [number | "cut", string])[]) {
  const events: unknown[] = [];
  const waits: number[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const [status, body] = answers[Math.min(events.length, answers.length - 1)]!;
      events.push(JSON.parse(Buffer.concat(parts).toString()));
      if (status === "cut") response.destroy();
      else response.writeHead(status, { "content-type": "application/json", location: "/elsewhere" }).end(body);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2/enqueue`;
  const pager = createPagerDuty({ url, routingKey: ROUTING_KEY, wait: async (ms) => void waits.push(ms) });
  return { pager, events, waits };
}

const ACCEPTED = [202, '{"status":"success","message":"Event processed","dedup_key":"abc"}'] as const;

describe("ringing again in PagerDuty", () => {
  test("ends what is open under the key and begins it anew, a moment apart", async () => {
    const { pager, events, waits } = await answering(ACCEPTED);
    const page = { summary: "P0 billing is gone", source: "rollcall demo", severity: "critical" as const };
    await pager.ringAgain("abc", page);
    expect(events).toEqual([
      { routing_key: ROUTING_KEY, event_action: "resolve", dedup_key: "abc" },
      { routing_key: ROUTING_KEY, event_action: "trigger", dedup_key: "abc", payload: page },
    ]);
    expect(waits).toEqual([1000]);
  });

  test("begins nothing while the end could not be told", async () => {
    const { pager, events } = await answering([503, "{}"]);
    const page = { summary: "P0 billing is gone", source: "rollcall demo", severity: "critical" as const };
    await expect(pager.ringAgain("abc", page)).rejects.toMatchObject({ code: "unavailable" });
    expect(events.map((event) => (event as { event_action: string }).event_action)).not.toContain("trigger");
  });
});

describe("acknowledging in PagerDuty", () => {
  test("sends Alertmanager's own dedup key with the routing key, once", async () => {
    const { pager, events } = await answering(ACCEPTED);
    await pager.acknowledge("abc");
    expect(events).toEqual([{ routing_key: ROUTING_KEY, event_action: "acknowledge", dedup_key: "abc" }]);
  });

  test.each([
    ["429", [429, "{}"]],
    ["500", [500, "oops"]],
    ["a cut connection", ["cut", ""]],
  ] as const)("tries again after %s, later each time", async (_, fault) => {
    const { pager, events, waits } = await answering(fault, fault, ACCEPTED);
    await pager.acknowledge("abc");
    expect(events).toHaveLength(3);
    expect(waits[0]).toBeGreaterThanOrEqual(500);
    expect(waits[1]).toBeGreaterThan(waits[0]!);
  });

  test("gives up after three attempts", async () => {
    const { pager, events } = await answering([503, "{}"]);
    await expect(pager.acknowledge("abc")).rejects.toMatchObject({
      code: "unavailable",
      message: "PagerDuty answered 503",
    });
    expect(events).toHaveLength(3);
  });

  test("does not repeat what PagerDuty calls wrong, and says why", async () => {
    const { pager, events } = await answering([
      400,
      '{"status":"invalid event","message":"Event object is invalid","errors":["routing_key is wrong"]}',
    ]);
    await expect(pager.acknowledge("abc")).rejects.toMatchObject({
      code: "unavailable",
      message: "PagerDuty answered 400: Event object is invalid, routing_key is wrong",
    });
    expect(events).toHaveLength(1);
  });

  test.each(["no JSON", "[]", '{"message":7}'])("says only the status when the answer is %s", async (body) => {
    const { pager } = await answering([400, body]);
    await expect(pager.acknowledge("abc")).rejects.toMatchObject({ message: "PagerDuty answered 400" });
  });

  test("does not follow where the answer points", async () => {
    const { pager, events } = await answering([307, ""]);
    await expect(pager.acknowledge("abc")).rejects.toMatchObject({ message: "PagerDuty does not answer" });
    expect(events).toHaveLength(3);
  });
});
