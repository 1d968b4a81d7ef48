import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectBuiltInSupervisor } from "@rollcall/core/adapters/supervisors/built-in.ts";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { findFreePort } from "../tools/free-port.ts";

const PROGRAM = `
if (process.env.ROLLCALL_AGENT === "crasher") process.exit(3);
setInterval(() => {}, 1000);
`;
const PATIENCE = { timeout: 20_000 };

const home = mkdtempSync(join(tmpdir(), "rollcall-supervisor-metrics-"));
const socket = join(home, "s.sock");
const agentsFile = join(home, "agents.json");
const supervisor = connectBuiltInSupervisor(socket);
let running: ChildProcess;
let port: number;

const ask = (path: string, method = "GET") =>
  fetch(`http://127.0.0.1:${port}${path}`, { method, signal: AbortSignal.timeout(10_000) });
const readPage = async () => (await ask("/metrics")).text();
/** Value of a series; null if it is not shown. */
const read = async (series: string): Promise<number | null> => {
  const line = (await readPage()).split("\n").find((one) => one.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length + 1));
};

async function startSupervisor(): Promise<void> {
  running = spawn(process.execPath, [join(import.meta.dirname, "main.ts")], {
    env: {
      ...process.env,
      ROLLCALL_SUPERVISOR_SOCKET: socket,
      ROLLCALL_SUPERVISOR_METRICS_PORT: String(port),
      ROLLCALL_SUPERVISOR_DIR: join(home, "supervisor"),
      ROLLCALL_AGENTS_DIR: join(home, "agents"),
      ROLLCALL_AGENT_LOGS_DIR: join(home, "logs"),
      ROLLCALL_AGENTS_FILE: agentsFile,
      ROLLCALL_AGENT_PROGRAM: join(home, "agent.mjs"),
      ROLLCALL_FLEET: "demo",
      ROLLCALL_FLEET_KEY: "k".repeat(32),
    },
    stdio: "ignore",
  });
  await vi.waitFor(() => supervisor.list(), PATIENCE);
}

async function stopSupervisor(): Promise<void> {
  running.kill("SIGTERM");
  await once(running, "exit");
}

const knowAgents = () =>
  writeFileSync(
    agentsFile,
    JSON.stringify([{ id: "billing" }, { id: "crasher" }, { id: "shipping" }, { id: "broken", command: ["/no/such"] }]),
  );

beforeAll(async () => {
  writeFileSync(join(home, "agent.mjs"), PROGRAM);
  knowAgents();
  port = await findFreePort();
  await startSupervisor();
  await vi.waitFor(readPage, PATIENCE);
});
afterAll(async () => {
  await stopSupervisor();
  rmSync(home, { recursive: true, force: true });
});

describe("the supervisor's /metrics", () => {
  test("begins with every agent as never started, and names what runs", async () => {
    expect(await read('rollcall_supervisor_processes{state="never-started"}')).toBe(4);
    expect(await read('rollcall_supervisor_processes{state="running"}')).toBe(0);
    expect(await readPage()).toMatch(
      /^rollcall_build_info\{component="supervisor",version="[\d.]+",node="24\..*"\} 1$/m,
    );
    expect(await read("rollcall_supervisor_process_resident_memory_bytes")).toBeGreaterThan(1_000_000);
  });

  test("counts starts, ends by exit code or signal, and a second start as a restart", async () => {
    const { pid } = await supervisor.start("billing", "s1");
    await supervisor.start("crasher", "s2");
    await expect.poll(() => read('rollcall_supervisor_exits_total{code="3"}'), PATIENCE).toBe(1);
    await supervisor.kill("billing", { commandId: "k1", pid: pid as number });
    await expect.poll(() => read('rollcall_supervisor_exits_total{code="SIGKILL"}'), PATIENCE).toBe(1);
    expect(await read("rollcall_supervisor_restarts_total")).toBe(0);
    await supervisor.start("billing", "s3");
    expect(await read("rollcall_supervisor_starts_total")).toBe(3);
    expect(await read("rollcall_supervisor_restarts_total")).toBe(1);
    expect(await read('rollcall_supervisor_processes{state="running"}')).toBe(1);
    expect(await read('rollcall_supervisor_processes{state="exited"}')).toBe(1);
  });

  test("a repeated command id counts once", async () => {
    const before = await read("rollcall_supervisor_starts_total");
    await supervisor.start("shipping", "same");
    await supervisor.start("shipping", "same");
    expect(await read("rollcall_supervisor_starts_total")).toBe((before ?? 0) + 1);
  });

  test("a start that the operating system refuses is a failure and no start", async () => {
    const before = await read("rollcall_supervisor_starts_total");
    await expect(supervisor.start("broken", "b1")).rejects.toThrow("cannot be started");
    expect(await read("rollcall_supervisor_start_failures_total")).toBe(1);
    expect(await read("rollcall_supervisor_starts_total")).toBe(before);
  });

  test("without a readable list of agents their states are absent, and the rest is there", async () => {
    writeFileSync(agentsFile, "no list");
    const page = await readPage();
    knowAgents();
    expect(page).not.toMatch(/^rollcall_supervisor_processes\{/m);
    expect(page).toMatch(/^rollcall_supervisor_starts_total \d+$/m);
    expect(await read('rollcall_supervisor_processes{state="running"}')).toBeGreaterThan(0);
  });

  test.each([
    ["GET", "/v1/agents"],
    ["POST", "/v1/agents/billing/start"],
    ["POST", "/metrics"],
  ])("%s %s is not answered on their port", async (method, path) => {
    expect((await ask(path, method)).status).toBe(404);
  });

  test("a port that is taken does not keep agents from being started", async () => {
    await stopSupervisor();
    const other = createServer().listen(port, "127.0.0.1");
    await once(other, "listening");
    await startSupervisor();
    expect(await supervisor.start("billing", "taken")).toMatchObject({ state: "running" });
    other.close();
  });
});
