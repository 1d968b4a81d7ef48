import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { redisUsers } from "@rollcall/core/adapters/redis/agent-access.ts";
import { openFleetBus } from "@rollcall/core/adapters/redis/fleet-bus.ts";
import { connectBuiltInSupervisor } from "@rollcall/core/adapters/supervisors/built-in.ts";
import agentCommand from "@rollcall/core/commands/agent.ts";
import rollCall from "@rollcall/core/commands/roll-call.ts";
import { compileFleet, readFleetFile } from "@rollcall/core/fleet-file.ts";
import { FakeFleet } from "@rollcall/core/fleet-fixture.ts";
import { type FleetSight, observeFleet } from "@rollcall/core/observe-fleet.ts";
import { keysOf } from "@rollcall/core/protocol/keys.ts";
import { deriveRedisPassword } from "@rollcall/core/protocol/seal.ts";
import type { CompiledFleet } from "@rollcall/core/protocol.ts";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { until } from "./agent-stage.ts";

const FLEET_KEY = "a fleet key of at least 32 characters";
const run = randomBytes(4).toString("hex");
const fleetName = `foreign-${run}`;
const heartKey = `crm:${run}:alive`;
const keys = keysOf(fleetName);

const FLEET = `fleet: ${fleetName}
agents:
  - { id: old-crm, group: platform, does: answers chats, criticality: P2, consequence: chats wait, normalSeconds: 9,
      presence: heartbeat, heartbeat: { key: "${heartKey}", field: old-crm, time: seconds, maxAgeSeconds: 3 } }
  - { id: nightly-batch, group: platform, does: counts, criticality: P0, consequence: nothing counted, normalSeconds: 9,
      presence: supervisor }
`;

/** A program that has never heard of the protocol: a shell that writes the time into Redis, again and again. */
const WRITER = `
exec 3<>/dev/tcp/$HOST/$PORT
printf 'AUTH %s %s\\r\\n' "$USERNAME" "$PASSWORD" >&3
while read -r answer <&3; do
  case "$answer" in -*) echo "$answer" >&2; exit 1;; esac
  printf 'HSET %s old-crm %s\\r\\n' "$KEY" "$(date +%s)" >&3
  sleep 0.3
done`;

let home: string;
let fleet: CompiledFleet;
let supervisorProcess: ChildProcess;
let writer: ChildProcess | null = null;
let sight: FleetSight;
const admin = new Redis(inject("redisUrl"));
const redisUrl = new URL(inject("redisUrl"));

function urlOf(user: "control" | "agent-old-crm"): URL {
  const url = new URL(redisUrl);
  url.username = `${fleetName}-${user}`;
  url.password = deriveRedisPassword(FLEET_KEY, user.replace("agent-", ""));
  return url;
}

function startWriter(): ChildProcess {
  const { hostname, port, username, password } = urlOf("agent-old-crm");
  const environment = { HOST: hostname, PORT: port, USERNAME: username, PASSWORD: password, KEY: heartKey };
  return spawn("bash", ["-c", WRITER], { env: { PATH: process.env.PATH, ...environment }, stdio: "inherit" });
}

/** As the control service sees it, by its own Redis user. */
const verdictOf = async (id: string) => {
  const view = await observeFleet(sight);
  return view.agents.find(({ expected }) => expected.id === id)?.judgement;
};
const becomes = (id: string, verdict: string) =>
  until(`${id} is ${verdict}`, async () => ((await verdictOf(id))?.verdict === verdict ? true : null));

let bus: ReturnType<typeof openFleetBus>;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "rollcall-foreign-"));
  await writeFile(join(home, "fleet.yaml"), FLEET);
  fleet = compileFleet(await readFleetFile(join(home, "fleet.yaml")), new Map(), { version: 1, now: Date.now() });
  for (const { name, rules } of redisUsers(fleet, FLEET_KEY)) {
    await admin.call("ACL", "SETUSER", `${fleetName}-${name}`, ...rules);
  }
  await writeFile(join(home, "agents.json"), JSON.stringify([{ id: "nightly-batch" }]));
  await writeFile(join(home, "batch.mjs"), "setInterval(() => {}, 1000);");
  supervisorProcess = spawn(process.execPath, [join(import.meta.dirname, "../local/supervisor/main.ts")], {
    env: {
      ...process.env,
      ROLLCALL_SUPERVISOR_SOCKET: join(home, "s.sock"),
      ROLLCALL_SUPERVISOR_DIR: join(home, "supervisor"),
      ROLLCALL_AGENTS_DIR: join(home, "agents"),
      ROLLCALL_AGENT_LOGS_DIR: join(home, "logs"),
      ROLLCALL_AGENTS_FILE: join(home, "agents.json"),
      ROLLCALL_AGENT_PROGRAM: join(home, "batch.mjs"),
      ROLLCALL_FLEET: fleetName,
      ROLLCALL_FLEET_KEY: FLEET_KEY,
    },
    stdio: "ignore",
  });
  bus = openFleetBus({ url: urlOf("control").href, fleet: fleetName, fleetKey: FLEET_KEY });
  const supervisor = connectBuiltInSupervisor(join(home, "s.sock"));
  sight = { registry: { expected: async () => fleet }, bus, supervisor, clock: { now: Date.now } };
  await until("the supervisor", () => supervisor.list().catch(() => null));
});

afterAll(async () => {
  writer?.kill("SIGKILL");
  bus.close();
  const ended = new Promise((resolve) => supervisorProcess.once("exit", resolve));
  supervisorProcess.kill("SIGTERM");
  await ended;
  const users = ((await admin.call("ACL", "USERS")) as string[]).filter((name) => name.startsWith(fleetName));
  await admin.call("ACL", "DELUSER", ...users);
  await admin.del(heartKey, ...fleet.agents.map(({ id }) => keys.inbox(id)));
  admin.disconnect();
  await rm(home, { recursive: true, force: true });
});

const reading = () => {
  const fake = new FakeFleet().reading();
  return { ...fake, ports: { ...fake.ports, ...sight, registry: { ...fake.ports.registry, ...sight.registry } } };
};

describe("an agent with a mapped heartbeat, a shell that knows nothing of the protocol", () => {
  test("is missing, then up with its work not provable, then gone when it is killed", async () => {
    expect(await verdictOf("old-crm")).toMatchObject({ verdict: "missing", rung: 0 });
    writer = startWriter();
    await becomes("old-crm", "up");
    expect(await verdictOf("old-crm")).toMatchObject({ rung: 2, health: "unknown", note: "work not provable" });
    writer.kill("SIGKILL");
    await becomes("old-crm", "gone");
  });

  test.each([
    [
      "a time ahead of Redis",
      () => String(Math.floor(Date.now() / 1000) + 3600),
      /s ahead of Redis: is its time in sec/,
    ],
    ["milliseconds for seconds", () => String(Date.now()), /ahead of Redis/],
    ["no number", () => "soon", /is no time in seconds/],
    ["a number too long to be one", () => "9".repeat(400), /is no time in seconds/],
  ])("%s in its place proves nothing and says why", async (_, value, note) => {
    await admin.hset(heartKey, "old-crm", value());
    expect(await verdictOf("old-crm")).toMatchObject({
      verdict: "unknown",
      rung: null,
      note: expect.stringMatching(note),
    });
  });

  test("another kind of key in its place is unknown and says why, and disturbs no other agent", async () => {
    await admin.del(heartKey);
    await admin.set(heartKey, "1");
    expect((await verdictOf("old-crm"))?.note).toContain("neither the string nor the hash");
    expect((await observeFleet(sight)).problems).toEqual([]);
    await admin.del(heartKey);
  });

  test("may write its heartbeat and nothing else in Redis", async () => {
    const its = new Redis(urlOf("agent-old-crm").href, { enableReadyCheck: false });
    try {
      await expect(its.hset(keys.presence, "old-crm", "x")).rejects.toThrow("NOPERM");
      await expect(its.hset(keys.processes, "old-crm", "up 1")).rejects.toThrow("NOPERM");
      await expect(its.get(heartKey)).rejects.toThrow("NOPERM");
      await expect(its.hset(heartKey, "old-crm", "1")).resolves.toBe(1);
    } finally {
      its.disconnect();
      await admin.del(heartKey);
    }
  });
});

describe("an agent that only its supervisor speaks for", () => {
  test("is gone, up once it was started, and gone when its process is killed", async () => {
    expect(await verdictOf("nightly-batch")).toMatchObject({ verdict: "gone", rung: 0 });
    await sight.supervisor.start("nightly-batch", "op-1:nightly-batch:start");
    expect(await verdictOf("nightly-batch")).toMatchObject({
      ...{ verdict: "up", rung: 1, health: "unknown", note: "heartbeat and work not provable" },
    });
    const { pid } = await sight.supervisor.inspect("nightly-batch");
    process.kill(Number(pid), "SIGKILL");
    await becomes("nightly-batch", "gone");
  });
});

describe("roll-call and agent", () => {
  test("say what is not provable, call nobody working for it, and ask such an agent nothing", async () => {
    await sight.supervisor.start("nightly-batch", "op-2:nightly-batch:start");
    await admin.hset(heartKey, "old-crm", Math.floor(Date.now() / 1000));
    const called = await rollCall.run({ who: [] }, reading());
    expect(called.headline).toBe("⚪ *2 up* — their work is not provable");
    expect(called.lines).toEqual([
      "⚪ *nightly-batch* up (heartbeat and work not provable)",
      "⚪ *old-crm* up (work not provable)",
    ]);
    const shown = await agentCommand.run({ id: "nightly-batch" }, reading());
    expect(shown.lines[0]).toBe(
      "process ✓ · heartbeat not provable · inbox not provable · canary not provable · pace not provable",
    );
    expect(await admin.exists(keys.inbox("old-crm"), keys.inbox("nightly-batch"))).toBe(0);
  });
});
