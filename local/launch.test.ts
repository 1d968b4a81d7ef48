import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

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

  test.each(["start", "stop", "status", "audit"])("%s --help says what it does and does nothing", (command) => {
    const { status, stdout } = launch([command, "--help"], { env: { ROLLCALL_DATA_DIR: "/proc/nowhere" } });
    expect(stdout).toMatch(/^npm /);
    expect(status).toBe(0);
  });

  test.each([[[]], [["sart"]], [["toString"]]])("an unknown command %j is answered with the known ones", (args) => {
    const { status, stderr } = launch(args);
    expect(stderr).toBe(`✗ Unknown command "${args[0] ?? ""}". There are: start, stop, status, audit.\n`);
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
