import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { portsAt } from "./stack/addresses.ts";
import { isPortFree } from "./stack/port-owner.ts";
import { findMarkedProcesses } from "./tools/own-processes.ts";

const home = mkdtempSync(join(tmpdir(), "rollcall-launch-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

function launch(
  args: readonly string[],
  { env = {}, node = process.execPath }: { env?: Record<string, string>; node?: string } = {},
) {
  const { status, stdout, stderr } = spawnSync(node, [join(import.meta.dirname, "launch.mjs"), ...args], {
    env: { ...process.env, ROLLCALL_DATA_DIR: join(home, "data"), ...env },
    encoding: "utf8",
    timeout: 60_000,
    killSignal: "SIGKILL",
  });
  return { status, stdout, stderr };
}

describe("local/launch.mjs", () => {
  test("a Node that is too old is named, with what to do, in one line", () => {
    expect(launch(["start"], { env: { ROLLCALL_PRETEND_NODE_VERSION: "18.19.0" } })).toEqual({
      status: 1,
      stdout: "",
      stderr:
        "✗ Node 18.19.0 is too old: Rollcall needs 22.18 or newer. Run npm ci (it brings one), or install a newer Node.\n",
    });
  });

  const systemNode = "/usr/bin/node";
  test.runIf(existsSync(systemNode))("the machine's own Node, however old, hands over to one that fits", () => {
    const { status, stdout } = launch(["status"], { node: systemNode });
    expect(stdout).toContain("Not running");
    expect(status).toBe(1);
  });

  test.each(["start", "stop", "status", "doctor", "migrate", "audit"])(
    "%s --help says what it does and does nothing",
    (command) => {
      const { status, stdout } = launch([command, "--help"], { env: { ROLLCALL_DATA_DIR: "/proc/nowhere" } });
      expect(stdout).toMatch(/^npm /);
      expect(status).toBe(0);
    },
  );

  test.each([[[]], [["sart"]], [["toString"]]])("an unknown command %j is answered with the known ones", (args) => {
    const { status, stderr } = launch(args);
    expect(stderr).toBe(
      `✗ Unknown command "${args[0] ?? ""}". There are: start, stop, status, doctor, migrate, audit, access, break-glass, rollcall.
`,
    );
    expect(status).toBe(1);
  });

  test("status of a stack that does not run says so and is not a success", () => {
    const { status, stdout } = launch(["status"]);
    expect(stdout).toMatch(/^Not running with the data in .*\. npm start starts it\.\n$/);
    expect(status).toBe(1);
  });

  test("stopping what does not run is a success that says so", () => {
    const { status, stdout } = launch(["stop"]);
    expect(stdout).toContain("Nothing was running");
    expect(status).toBe(0);
  });

  test("a start whose port is taken names who has it and leaves nothing behind", async () => {
    const { server, offset } = await occupyRedisPort();
    const env = { ROLLCALL_PORT_OFFSET: String(offset) };
    const { status, stderr } = launch(["start"], { env });
    server.close();
    expect(stderr).toMatch(
      new RegExp(
        `^✗ 2/7 Redis: port ${offset + 6380} is taken by pid ${process.pid} \\(.+\\)\\..* Nothing is left running\\.\n$`,
      ),
    );
    expect(status).toBe(1);
    expect(findMarkedProcesses("ROLLCALL_STACK", join(home, "data"))).toEqual([]);
  });

  test("what an earlier start left behind is said by status and ended by stop", async () => {
    const data = realpathSync(home);
    const env = { ROLLCALL_DATA_DIR: join(data, "left") };
    launch(["status"], { env });
    const leftOver = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], {
      env: { ...process.env, ROLLCALL_STACK: join(data, "left") },
      stdio: "ignore",
    });
    expect(launch(["status"], { env }).stdout).toContain("left 1 processes behind. npm stop ends them.");
    expect(launch(["stop"], { env }).stdout).toContain("Stopped 1 processes that an earlier start left behind.");
    await expect.poll(() => leftOver.signalCode).toBe("SIGTERM");
  });

  test.each([
    [
      { ROLLCALL_PORT_OFFSET: "2000" },
      [],
      "✗ ROLLCALL_PORT_OFFSET=2000 puts Control service on port 10080, which browsers block.",
    ],
    [{ ROLLCALL_FLEET_FILE: "/nowhere/fleet.yaml" }, [], "/nowhere/fleet.yaml"],
    [{ ROLLCALL_DATA_DIR: "/proc/nowhere" }, [], "✗ Cannot write to /proc/nowhere"],
    [{ SLACK_BOT_TOKEN: "xoxb-1" }, [], "✗ SLACK_BOT_TOKEN is set, but not SLACK_SIGNING_SECRET"],
    [{}, ["--sideways"], "✗ Unknown option --sideways."],
  ])("start with %j %j ends with one line that says how to mend it", (env, args, line) => {
    const { status, stderr } = launch(["start", ...args], { env });
    expect(stderr).toContain(line);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(status).toBe(1);
  });
});

/** Listens where the Redis of some stack would, of which all other ports are free. */
async function occupyRedisPort(): Promise<{ server: Server; offset: number }> {
  for (;;) {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const offset = (server.address() as AddressInfo).port - 6380;
    const free = await Promise.all(portsOf(offset).map(isPortFree));
    if (free.filter((isFree) => !isFree).length === 1) return { server, offset };
    server.close();
  }
}

function portsOf(offset: number): number[] {
  try {
    return Object.values(portsAt(String(offset)));
  } catch {
    return [];
  }
}
