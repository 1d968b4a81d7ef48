import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProcessState } from "@rollcall/core/ports/supervisor.ts";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { findMarkedProcesses, readStartTicks } from "../tools/own-processes.ts";
import { SUPERVISOR_MARK } from "./supervisor.ts";

// Stands for an agent: writes the ledger line that the SDK writes, and behaves as its name asks.
const PROGRAM = `
import { appendFileSync } from "node:fs";
const { ROLLCALL_AGENT: agent, ROLLCALL_AGENT_DIR: dir, ROLLCALL_STARTED_BY: id } = process.env;
appendFileSync(dir + "/applied.jsonl", JSON.stringify({ kind: "started", id, epoch: 1 }) + "\\n");
console.log("hello from " + agent + " user " + new URL(process.env.REDIS_URL).username);
if (agent === "crasher") {
  for (let n = 1; n <= 7; n++) console.error("error " + n);
  process.exitCode = 3;
} else if (agent === "stubborn") {
  process.on("SIGTERM", () => {});
  setInterval(() => {}, 1000);
} else setInterval(() => {}, 1000);
`;

const home = mkdtempSync(join(tmpdir(), "rollcall-supervisor-"));
const socket = join(home, "s.sock");
const dir = join(home, "supervisor");
let running: ChildProcess | undefined;

beforeAll(() => {
  writeFileSync(join(home, "agent.mjs"), PROGRAM);
  writeFileSync(
    join(home, "agents.json"),
    JSON.stringify(["billing", "crasher", "stubborn", "shipping"].map((id) => ({ id }))),
  );
});
afterEach(async () => {
  await stopSupervisor("SIGTERM");
  rmSync(dir, { recursive: true, force: true });
  rmSync(join(home, "agents"), { recursive: true, force: true });
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const environment = () => ({
  ...process.env,
  ROLLCALL_SUPERVISOR_SOCKET: socket,
  ROLLCALL_SUPERVISOR_DIR: dir,
  ROLLCALL_AGENTS_DIR: join(home, "agents"),
  ROLLCALL_AGENT_LOGS_DIR: join(home, "logs"),
  ROLLCALL_AGENTS_FILE: join(home, "agents.json"),
  ROLLCALL_AGENT_PROGRAM: join(home, "agent.mjs"),
  ROLLCALL_FLEET: "demo",
  ROLLCALL_FLEET_KEY: "k".repeat(32),
});

async function startSupervisor(): Promise<void> {
  running = spawn(process.execPath, [join(import.meta.dirname, "main.ts")], {
    env: environment(),
    stdio: "ignore",
  });
  await expect
    .poll(
      () =>
        call("GET", "/v1/agents").then(
          ({ status }) => status,
          () => 0,
        ),
      { timeout: 15_000 },
    )
    .toBe(200);
}

async function stopSupervisor(signal: NodeJS.Signals): Promise<void> {
  if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
  running.kill(signal);
  await once(running, "exit");
}

function call<T = ProcessState & { code?: string; message?: string }>(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: T }> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: socket, method, path, timeout: 15_000 }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as T }));
    });
    sent.once("error", reject);
    sent.end(body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body));
  });
}

const start = async (agent: string, commandId: string) =>
  (await call("POST", `/v1/agents/${agent}/start`, { commandId })).body;
const inspect = async (agent: string) => (await call("GET", `/v1/agents/${agent}`)).body;
const startsOf = (agent: string): string[] => {
  const file = join(home, "agents", agent, "applied.jsonl");
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
};

describe("the built-in supervisor", () => {
  test("starts an agent once per command id, however often the id arrives", async () => {
    await startSupervisor();
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => start("billing", "op-1:billing:start")));
    expect(answers[0]).toMatchObject({ agent: "billing", state: "running", exit: null });
    expect(new Set(answers.map((answer) => answer.pid)).size).toBe(1);
    await expect.poll(() => startsOf("billing")).toHaveLength(1);
  });

  test("a second start of a running agent leaves the process alone", async () => {
    await startSupervisor();
    const first = await start("billing", "op-1:billing:start");
    expect((await start("billing", "op-2:billing:start")).pid).toBe(first.pid);
  });

  test("a repeated start after the agent has ended is answered with the first result and starts nothing", async () => {
    await startSupervisor();
    const { pid } = await start("billing", "op-1:billing:start");
    await call("POST", "/v1/agents/billing/kill", { commandId: "op-1:billing:kill", pid });
    expect((await start("billing", "op-1:billing:start")).pid).toBe(pid);
    expect((await inspect("billing")).state).toBe("exited");
  });

  test("one id cannot be used for two different effects", async () => {
    await startSupervisor();
    await start("billing", "op-1");
    const answer = await call("POST", "/v1/agents/shipping/start", { commandId: "op-1" });
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid_input" } });
    expect((await inspect("shipping")).state).toBe("never-started");
  });

  test("kills the process that is meant and says how it ended", async () => {
    await startSupervisor();
    const { pid } = await start("stubborn", "s1");
    const { body } = await call("POST", "/v1/agents/stubborn/kill", { commandId: "k1", pid });
    expect(body).toMatchObject({ state: "exited", pid: null, exit: { signal: "SIGKILL" } });
    expect(readStartTicks(pid as number)).toBeNull();
  });

  test("leaves the process alone if the pid is not the one that is meant", async () => {
    await startSupervisor();
    const { pid } = await start("billing", "s1");
    const { body } = await call("POST", "/v1/agents/billing/kill", { commandId: "k1", pid: process.pid });
    expect(body).toMatchObject({ state: "running", pid });
  });

  test("a kill that was applied does not end the next process, even one with the same pid", async () => {
    await startSupervisor();
    const first = await start("billing", "s1");
    await call("POST", "/v1/agents/billing/kill", { commandId: "k1", pid: first.pid });
    const second = await start("billing", "s2");
    await call("POST", "/v1/agents/billing/kill", { commandId: "k1", pid: second.pid });
    expect((await inspect("billing")).state).toBe("running");
  });

  test("sees an exit with its code and last five error lines, and does not start a crashed agent again", async () => {
    await startSupervisor();
    await start("crasher", "s1");
    await expect
      .poll(() => inspect("crasher"), { timeout: 10_000 })
      .toMatchObject({
        state: "exited",
        exit: { code: 3, signal: null },
        lastErrors: ["error 3", "error 4", "error 5", "error 6", "error 7"],
      });
    expect(startsOf("crasher")).toHaveLength(1);
  });

  test("keeps what an agent wrote, and gives it a Redis user of its own", async () => {
    await startSupervisor();
    await start("shipping", "s1");
    await expect
      .poll(async () => (await call<{ lines: string[] }>("GET", "/v1/agents/shipping/output?lines=1")).body.lines)
      .toEqual(["hello from shipping user agent-shipping"]);
  });

  test("after its own SIGKILL it ends the agents it had started, and an applied id stays applied", async () => {
    await startSupervisor();
    const before = await start("billing", "s1");
    await expect.poll(() => startsOf("billing")).toHaveLength(1);
    await stopSupervisor("SIGKILL");
    expect(readStartTicks(before.pid as number)).not.toBeNull();
    await startSupervisor();
    expect(readStartTicks(before.pid as number)).toBeNull();
    expect((await start("billing", "s1")).pid).toBe(before.pid);
    expect(startsOf("billing")).toHaveLength(1);
    expect((await start("billing", "s2")).state).toBe("running");
    await expect.poll(() => startsOf("billing")).toHaveLength(2);
  });

  test("a start whose answer a crash swallowed is not run again if the agent's own ledger has it", async () => {
    await startSupervisor();
    await start("billing", "s1");
    await expect.poll(() => startsOf("billing")).toHaveLength(1);
    await stopSupervisor("SIGKILL");
    const ledger = join(dir, "commands.jsonl");
    const intent = readFileSync(ledger, "utf8").split("\n")[0];
    writeFileSync(ledger, `${intent}\n{"id":"s1","cut sho`);
    await startSupervisor();
    expect((await start("billing", "s1")).state).toBe("never-started");
    expect(startsOf("billing")).toHaveLength(1);
  });

  test("a start that a crash prevented is made good by the repeat", async () => {
    await startSupervisor();
    await stopSupervisor("SIGKILL");
    const intent = { id: "s1", at: Date.now(), effect: "start billing", answer: null };
    writeFileSync(join(dir, "commands.jsonl"), `${JSON.stringify(intent)}\n`);
    await startSupervisor();
    expect((await start("billing", "s1")).state).toBe("running");
  });

  test("on SIGTERM no agent survives it, not even one that ignores the signal", { timeout: 40_000 }, async () => {
    await startSupervisor();
    await Promise.all(["billing", "stubborn", "shipping"].map((agent) => start(agent, `s-${agent}`)));
    await expect.poll(() => findMarkedProcesses(SUPERVISOR_MARK, dir)).toHaveLength(3);
    await stopSupervisor("SIGTERM");
    expect(findMarkedProcesses(SUPERVISOR_MARK, dir)).toEqual([]);
  });

  test("lists every agent it may start", async () => {
    await startSupervisor();
    const { body } = await call<{ agents: ProcessState[] }>("GET", "/v1/agents");
    expect(body.agents.map(({ agent, state }) => `${agent} ${state}`)).toEqual([
      "billing never-started",
      "crasher never-started",
      "stubborn never-started",
      "shipping never-started",
    ]);
  });

  test.each([
    ["GET", "/v1/agents/nobody", undefined, 404, "unknown_agent"],
    ["POST", "/v1/agents/nobody/start", { commandId: "s1" }, 404, "unknown_agent"],
    ["GET", "/v1/agents/..%2f..%2fetc", undefined, 400, "invalid_input"],
    ["POST", "/v1/agents/billing/start", {}, 400, "invalid_input"],
    ["POST", "/v1/agents/billing/start", { commandId: "s1", more: 1 }, 400, "invalid_input"],
    ["POST", "/v1/agents/billing/start", "{", 400, "invalid_input"],
    ["POST", "/v1/agents/billing/start", { commandId: "x".repeat(20_000) }, 400, "invalid_input"],
    ["POST", "/v1/agents/billing/kill", { commandId: "k1", pid: -1 }, 400, "invalid_input"],
    ["GET", "/v1/agents/billing/output?lines=many", undefined, 400, "invalid_input"],
    ["DELETE", "/v1/agents/billing", undefined, 404, "not_found"],
    ["GET", "/v2/agents", undefined, 404, "not_found"],
  ])("%s %s with %j is refused with %d", async (...row) => {
    const [method, path, body, status, code] = row;
    await startSupervisor();
    expect(await call(method, path, body)).toMatchObject({ status, body: { code } });
  });

  test("only its owner may use the socket, and a second supervisor does not take it over", async () => {
    await startSupervisor();
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    const first = running;
    const { pid } = await start("billing", "s1");
    await expect(startSecond()).resolves.toBe(1);
    expect(first?.exitCode).toBeNull();
    expect(readStartTicks(pid as number)).not.toBeNull();
  });
});

async function startSecond(): Promise<number> {
  const second = spawn(process.execPath, [join(import.meta.dirname, "main.ts")], {
    env: environment(),
    stdio: "ignore",
  });
  const [code] = await once(second, "exit");
  return code as number;
}
