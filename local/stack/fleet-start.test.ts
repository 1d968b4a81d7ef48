import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keysOf } from "@rollcall/core/protocol/keys.ts";
import type { CompiledFleet, ExpectedAgent } from "@rollcall/core/protocol.ts";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { serveSupervisor } from "../supervisor/server.ts";
import { type BuiltInSupervisor, openSupervisor, SUPERVISOR_MARK } from "../supervisor/supervisor.ts";
import { findMarkedProcesses } from "../tools/own-processes.ts";
import { countUp, startAgents } from "./fleet-start.ts";

const FLEET = "fleet-start-test";
const BILLING: ExpectedAgent = {
  ...{ id: "billing", group: "payments", parent: null, does: "takes payments", labels: {}, criticality: "P0" },
  ...{ owner: "operator", runbook: null, consequence: "payments stop", normalSeconds: 1, consumes: [], publishes: [] },
  runtime: { kind: "process", name: "billing" },
  desired: { state: "running", by: null, since: null, reason: null },
};
const BATCH: ExpectedAgent = { ...BILLING, id: "batch", presence: "supervisor" };
const ELSEWHERE: ExpectedAgent = { ...BILLING, id: "elsewhere", presence: "supervisor" };
const agents = [BILLING, BATCH, ELSEWHERE];
const PUBLISHED: CompiledFleet = { v: 1, fleet: FLEET, version: 1, at: 1, agents, topics: [] };
let folder: string;
let redis: Redis;
let supervisor: BuiltInSupervisor;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rollcall-start-"));
  redis = new Redis(inject("redisUrl"));
  await redis.set(keysOf(FLEET).fleet, JSON.stringify(PUBLISHED));
  supervisor = await openSupervisor({
    dir: join(folder, "supervisor"),
    agentsDir: join(folder, "agents"),
    logsDir: join(folder, "logs"),
    knownAgents: async () => [{ id: "billing" }, { id: "batch", command: ["sleep", "1000"] }, { id: "elsewhere" }],
    program: { path: process.execPath, args: ["--eval", "setInterval(() => {}, 1000)"], cwd: folder },
    environmentOf: () => ({}),
  });
});
afterAll(async () => {
  await supervisor.stopAll(1000);
  redis.disconnect();
  await rm(folder, { recursive: true });
});

/** A supervisor whose first start takes longer than one call may. */
function busyAtFirst(): BuiltInSupervisor & { readonly starts: string[] } {
  const starts: string[] = [];
  return {
    ...supervisor,
    starts,
    async start(agent, commandId) {
      starts.push(commandId);
      const started = await supervisor.start(agent, commandId);
      if (starts.length === 1) await new Promise((resolve) => setTimeout(resolve, 2200));
      return started;
    },
  };
}

describe("starting the agents", () => {
  test("a supervisor too busy to answer in time is asked again, and each agent is one process", async () => {
    const busy = busyAtFirst();
    const socket = join(folder, "supervisor.sock");
    const server = await serveSupervisor(busy, { socket, onError: () => undefined });
    try {
      const place = { supervisorSocket: socket, redisUrl: inject("redisUrl"), fleet: FLEET };
      expect(await startAgents({ ...place, commanded: [] }, "start-1")).toEqual({ running: ["billing"], off: 0 });
      expect(busy.starts).toEqual(["start-1:billing:start", "start-1:billing:start"]);
      expect(findMarkedProcesses(SUPERVISOR_MARK, join(folder, "supervisor"))).toHaveLength(1);
    } finally {
      server.close();
    }
  });

  test("one that does not speak the protocol is started if it declares a command, and nobody waits for its heartbeat", async () => {
    const socket = join(folder, "supervisor.sock");
    const server = await serveSupervisor(supervisor, { socket, onError: () => undefined });
    try {
      const place = { supervisorSocket: socket, redisUrl: inject("redisUrl"), fleet: FLEET, commanded: ["batch"] };
      expect(await startAgents(place, "start-2")).toEqual({ running: ["billing"], off: 0 });
      const { pid, state } = await supervisor.inspect("batch");
      expect(state).toBe("running");
      expect(await readFile(`/proc/${pid}/cmdline`, "utf8")).toBe("sleep\u00001000\u0000");
      expect((await supervisor.inspect("elsewhere")).state).toBe("never-started");
    } finally {
      server.close();
    }
  });
});

describe("waiting for the fleet", () => {
  test("an agent that is paused on purpose is not waited for", () => {
    const roll = { working: ["billing", "shipping"], paused: ["invoices"] };
    expect(countUp(["billing", "invoices", "shipping"], roll)).toEqual({ working: 2, paused: 1, isUp: true });
  });

  test("one that neither works nor is paused is waited for", () => {
    expect(countUp(["billing", "invoices"], { working: ["billing"], paused: [] }).isUp).toBe(false);
  });
});
