import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFleetBus } from "@rollcall/core/adapters/redis/fleet-bus.ts";
import { connectBuiltInSupervisor } from "@rollcall/core/adapters/supervisors/built-in.ts";
import type { Ports } from "@rollcall/core/command.ts";
import restart from "@rollcall/core/commands/restart.ts";
import start from "@rollcall/core/commands/start.ts";
import stop from "@rollcall/core/commands/stop.ts";
import { type Operation, plannedStages } from "@rollcall/core/domain/operation.ts";
import { executeOperation } from "@rollcall/core/execute-operation.ts";
import { compileFleet, readFleetFile, startableAgents } from "@rollcall/core/fleet-file.ts";
import { keysOf } from "@rollcall/core/protocol/keys.ts";
import type { DesiredState } from "@rollcall/core/protocol.ts";
import { serveSupervisor } from "@rollcall/local/supervisor/server.ts";
import { type BuiltInSupervisor, openSupervisor } from "@rollcall/local/supervisor/supervisor.ts";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { until } from "./agent-stage.ts";
import { operationOf, rehearse } from "./operation-fixture.ts";

const FLEET_KEY = "a fleet key of at least 32 characters";
const fleetName = `foreign-life-${randomBytes(4).toString("hex")}`;
const heartKey = `crm:${fleetName}:alive`;

// Programs that have never heard of the protocol; each says in its folder that it could end in its own way.
const BATCH = `trap 'echo ended > $ROLLCALL_AGENT_DIR/goodbye; exit 0' TERM; while :; do sleep 0.1; done`;
const CRM = `
exec 3<>/dev/tcp/${new URL(inject("redisUrl")).hostname}/${new URL(inject("redisUrl")).port}
printf 'AUTH default ${new URL(inject("redisUrl")).password}\\r\\n' >&3
while read -r answer <&3; do printf 'SET ${heartKey} %s\\r\\n' "$(date +%s)" >&3; sleep 0.2; done`;
const FLEET = JSON.stringify({
  fleet: fleetName,
  agents: [
    { id: "batch", presence: "supervisor", command: ["bash", "-c", BATCH] },
    { id: "deaf", presence: "supervisor", command: ["bash", "-c", "trap '' TERM; while :; do sleep 0.1; done"] },
    { id: "broken", presence: "supervisor", command: ["/no/such/program"] },
    { id: "short", presence: "supervisor", command: ["bash", "-c", "echo no licence >&2; exit 3"] },
    {
      ...{ id: "crm", presence: "heartbeat", command: ["bash", "-c", CRM] },
      heartbeat: { key: heartKey, time: "seconds", maxAgeSeconds: 3 },
    },
  ].map((agent) => ({
    ...{ group: "platform", does: "counts", criticality: "P2", consequence: "nothing is counted", normalSeconds: 9 },
    ...agent,
  })),
});

let home: string;
let supervisor: BuiltInSupervisor;
let bus: ReturnType<typeof openFleetBus>;
let ports: Partial<Ports>;
const desired = new Map<string, DesiredState>();
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "rollcall-foreign-life-"));
  await writeFile(join(home, "fleet.yaml"), FLEET);
  const file = await readFleetFile(join(home, "fleet.yaml"));
  supervisor = await openSupervisor({
    ...{ dir: join(home, "supervisor"), agentsDir: join(home, "agents"), logsDir: join(home, "logs") },
    knownAgents: async () => startableAgents(file),
    program: { path: process.execPath, args: ["--eval", "setInterval(() => {}, 1000)"], cwd: home },
    environmentOf: () => ({ PATH: process.env.PATH ?? "" }),
  });
  const socket = join(home, "s.sock");
  const server = await serveSupervisor(supervisor, { socket, onError: () => undefined });
  bus = openFleetBus({ url: inject("redisUrl"), fleet: fleetName, fleetKey: FLEET_KEY });
  closers.push(
    () => bus.close(),
    () => server.close(),
    () => supervisor.stopAll(500),
  );
  ports = {
    bus,
    supervisor: connectBuiltInSupervisor(socket),
    registry: {
      expected: async () => compileFleet(file, desired, { version: 1, now: Date.now() }),
      setDesired: async (agents: readonly string[], state: DesiredState) => {
        for (const agent of agents) desired.set(agent, state);
      },
    } as unknown as Ports["registry"],
    incidents: { open: async () => [] } as unknown as Ports["incidents"],
    clock: { now: Date.now },
  };
});
beforeEach(() => desired.clear());
afterAll(async () => {
  await Promise.all(closers.map((close) => close()));
  const admin = new Redis(inject("redisUrl"));
  await admin.del(heartKey, ...["batch", "deaf", "broken", "short", "crm"].map((id) => keysOf(fleetName).inbox(id)));
  admin.disconnect();
  await rm(home, { recursive: true, force: true });
});

let count = 0;
/** Runs an accepted command to its end, with the real supervisor and the real Redis. */
async function run(command: typeof restart | typeof start | typeof stop, agent: string): Promise<Operation> {
  const it = rehearse();
  count += 1;
  it.now = Date.now(); // What is known of the actor is fresh.
  const stages = plannedStages(command.stages.map(({ name }) => name));
  it.row = operationOf({
    ...{ id: `op-${count}`, command: command.name, createdAt: Date.now() },
    targets: [{ agent, stages, memory: {}, ending: null }],
  });
  const execution = it.execution({ commands: [command] });
  await executeOperation(`op-${count}`, { ...execution, ports: { ...execution.ports, ...ports } });
  expect(it.bugs).toEqual([]);
  return it.row;
}
const detailOf = (operation: Operation, stage: string) =>
  operation.targets[0]?.stages.find(({ name }) => name === stage);
const pidOf = async (agent: string) => (await supervisor.inspect(agent)).pid;

describe("an agent that does not speak the protocol, with a command of its own in fleet.yaml", () => {
  test("is started by its command, restarted as another process that was asked by SIGTERM, and stopped", async () => {
    expect(await run(start, "batch")).toMatchObject({ state: "ended", ending: "done" });
    const first = await pidOf("batch");
    expect(await readFile(`/proc/${first}/cmdline`, "utf8")).toMatch(/^bash\0-c\0trap /);

    const restarted = await run(restart, "batch");
    expect(detailOf(restarted, "stopped")).toMatchObject({
      ...{ state: "done", detail: "by the supervisor: it takes no orders on the bus" },
    });
    expect(await readFile(join(home, "agents/batch/goodbye"), "utf8")).toBe("ended\n");
    expect(detailOf(restarted, "started")?.state).toBe("done");
    expect(await pidOf("batch")).not.toBe(first);

    expect(await run(stop, "batch")).toMatchObject({ ending: "done" });
    expect(await supervisor.inspect("batch")).toMatchObject({ state: "exited", exit: { code: 0, signal: null } });
    expect(desired.get("batch")?.state).toBe("stopped");
  }, 40_000);

  test("is ended by force if SIGTERM does not end it, and the report says so", async () => {
    await run(start, "deaf");
    const stopped = await run(stop, "deaf");
    expect(detailOf(stopped, "stopped")?.detail).toBe(
      "by the supervisor: it takes no orders on the bus, and SIGTERM did not end it in 5 s",
    );
    expect((await supervisor.inspect("deaf")).exit?.signal).toBe("SIGKILL");
  }, 40_000);

  test("with a mapped heartbeat is back when it has beaten again", async () => {
    expect(await run(start, "crm")).toMatchObject({ ending: "done" });
    const first = await pidOf("crm");
    const restarted = await run(restart, "crm");
    expect(detailOf(restarted, "started")?.state).toBe("done");
    expect(await pidOf("crm")).not.toBe(first);
    expect(await run(stop, "crm")).toMatchObject({ ending: "done" });
    await until("it is gone", async () => (await supervisor.inspect("crm")).state === "exited");
  }, 40_000);

  test("that ends at once did not come back, with its exit and its last words", async () => {
    const started = await run(start, "short");
    expect(started.targets[0]?.ending).toBe("did-not-come-back");
    expect(detailOf(started, "started")?.error).toBe('exit 3 twice: "no licence"');
  }, 40_000);

  test("whose program is not there cannot be started, and the supervisor says which program", async () => {
    await expect(ports.supervisor?.start("broken", "op-x:broken:start")).rejects.toThrow(
      "the program /no/such/program of broken cannot be started: ENOENT",
    );
  });
});
