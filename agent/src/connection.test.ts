import { startFaultProxy } from "@rollcall/test/fault-proxy.ts";
import { expect, inject, test, vi } from "vitest";
import { createConnections } from "./connection.ts";
import { createLog } from "./log.ts";

test("a connection that fell into a silent link is given up, and one is ready within 2 s of its healing", async () => {
  const url = new URL(inject("redisUrl"));
  const way = await startFaultProxy(Number(url.port));
  url.port = String(way.port);
  const connections = createConnections({ agent: "billing", fleet: "demo", redisUrl: url.href }, createLog("billing"));
  const untilReady = (client: { status: string }) =>
    vi.waitFor(() => expect(client.status).toBe("ready"), { timeout: 10_000, interval: 20 });
  try {
    const reading = connections.open("reading");
    await untilReady(reading);
    way.swallow("both");
    const takenBefore = way.taken();
    way.cut();
    // Both are connected anew, and nothing answers them.
    await vi.waitFor(() => expect(way.taken()).toBe(takenBefore + 2), { timeout: 5000, interval: 5 });
    way.heal();
    const healedAt = performance.now();
    await Promise.all([untilReady(reading), untilReady(connections.control)]);
    expect(performance.now() - healedAt).toBeLessThan(2000);
  } finally {
    connections.close();
    await way.close();
  }
});
