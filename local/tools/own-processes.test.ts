import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import { endProcesses, findMarkedProcesses, readCommand, readStartTicks } from "./own-processes.ts";

const mark = `test-${process.pid}`;
const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

async function startNode(script: string, env: Record<string, string> = { ROLLCALL_TEST_MARK: mark }) {
  const child = spawn(process.execPath, ["-e", `${script}; console.log(1)`], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  started.push(child);
  await once(child.stdout as NodeJS.ReadableStream, "data");
  return child;
}
const forever = "setInterval(() => {}, 1000)";

describe("processes with our mark", () => {
  test("are found with their command, others are not", async () => {
    const ours = await startNode(forever);
    await startNode(forever, { ROLLCALL_TEST_MARK: `${mark}-of-another-stack` });
    const found = findMarkedProcesses("ROLLCALL_TEST_MARK", mark);
    expect(found.map(({ pid }) => pid)).toEqual([ours.pid]);
    expect(found[0]?.command).toContain("setInterval");
  });

  test("are found after whoever started them is gone", async () => {
    const parent = await startNode(
      `const { spawn } = require("node:child_process"); spawn(process.execPath, ["-e", ${JSON.stringify(forever)}], { detached: true, stdio: "ignore" }); ${forever}`,
    );
    await expect.poll(() => findMarkedProcesses("ROLLCALL_TEST_MARK", mark)).toHaveLength(2);
    parent.kill("SIGKILL");
    await once(parent, "exit");
    const left = findMarkedProcesses("ROLLCALL_TEST_MARK", mark);
    expect(left).toHaveLength(1);
    await endProcesses(left, 2_000);
    expect(findMarkedProcesses("ROLLCALL_TEST_MARK", mark)).toEqual([]);
  });

  test("that do not obey are killed", async () => {
    await startNode(`process.on("SIGTERM", () => {}); ${forever}`);
    await endProcesses(findMarkedProcesses("ROLLCALL_TEST_MARK", mark), 200);
    expect(findMarkedProcesses("ROLLCALL_TEST_MARK", mark)).toEqual([]);
  });

  test("a process that took over a pid is not ended in its place", async () => {
    const child = await startNode(forever);
    const pid = child.pid as number;
    await endProcesses([{ pid, startTicks: "1", command: "an earlier process of that pid" }], 200);
    expect(readStartTicks(pid)).not.toBeNull();
    expect(child.exitCode).toBeNull();
  });

  test("a pid that nobody has tells nothing", () => {
    expect(readStartTicks(2 ** 22 + 1)).toBeNull();
    expect(readCommand(2 ** 22 + 1)).toBe("");
  });
});
