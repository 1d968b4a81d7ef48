import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { takeLock } from "./lock.ts";

test("one stack at a time has the lock, and the next one gets it when it is released", async () => {
  const id = `test-${process.pid}-a`;
  const first = await takeLock(id);
  expect(first).not.toBeNull();
  expect(await takeLock(id)).toBeNull();
  await first?.release();
  const second = await takeLock(id);
  expect(second).not.toBeNull();
  await second?.release();
});

test("the lock of a process that was killed is free", async () => {
  const id = `test-${process.pid}-b`;
  const script = `import { takeLock } from ${JSON.stringify(join(import.meta.dirname, "lock.ts"))}; await takeLock("${id}"); console.log(1);`;
  const holder = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(holder.stdout, "data");
  expect(await takeLock(id)).toBeNull();
  holder.kill("SIGKILL");
  await once(holder, "exit");
  const lock = await takeLock(id);
  expect(lock).not.toBeNull();
  await lock?.release();
});
