import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { startRedis } from "@rollcall/local/tools/redis-server.ts";
import { expect, inject, test, vi } from "vitest";
import { openFleetBus } from "./fleet-bus.ts";

const fleetKey = "a fleet key of at least 32 characters";

test("comes back by itself when Redis does, and knows since when", async () => {
  const scratch = await mkdtemp(join(tmpdir(), "bus-"));
  const port = await findFreePort();
  const options = {
    toolsDir: inject("toolsDir"),
    dataDir: scratch,
    logFile: join(scratch, "log"),
    port,
    password: "x",
  };
  const first = await startRedis(options);
  const own = openFleetBus({ url: first.url, fleet: "outage", fleetKey });
  try {
    await own.now();
    expect(own.backForMs?.()).toBeNull();
    await first.child.stop();
    await expect(own.now()).rejects.toMatchObject({ code: "unavailable" });
    await expect(own.collectReplies({ replyTo: "x", expected: 1, timeoutMs: 10 })).rejects.toMatchObject({
      code: "unavailable",
    });
    const second = await startRedis(options);
    await vi.waitFor(() => own.now(), { timeout: 15_000 });
    expect(own.backForMs?.()).toBeGreaterThanOrEqual(0);
    await vi.waitFor(() => own.collectReplies({ replyTo: "x", expected: 1, timeoutMs: 10 }), { timeout: 15_000 });
    await second.child.stop();
  } finally {
    own.close();
    await rm(scratch, { recursive: true, force: true });
  }
}, 60_000);

test("a Redis that is away is said as unavailable, in time", async () => {
  const problems: Error[] = [];
  const away = openFleetBus({
    url: "redis://127.0.0.1:1",
    fleet: "outage",
    fleetKey,
    onProblem: (error) => problems.push(error),
  });
  try {
    await expect(away.now()).rejects.toMatchObject({ code: "unavailable", message: "Redis does not answer" });
    expect(problems.length).toBeGreaterThan(0);
  } finally {
    away.close();
  }
});
