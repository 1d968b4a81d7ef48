import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { eventually, stackUnderTest } from "./stack-under-test.ts";

/** Stops the process and its children where they stand: it neither answers nor closes its connections. */
function freeze(pid: number): void {
  process.kill(pid, "SIGSTOP");
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
  for (const child of children) process.kill(Number(child), "SIGSTOP");
}

function killFrozen(pid: number): void {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
  for (const each of [pid, ...children.map(Number)]) process.kill(each, "SIGKILL");
}

describe("a store that dies during work", () => {
  test.each(["Redis", "PostgreSQL"])(
    "%s: the control service says so, goes on when it is back, and the fleet works",
    async (name) => {
      const stack = stackUnderTest();
      const control = stack.pidOf("control service");
      const victim = stack.pidOf(name);
      // Frozen first: a killed one is back before anybody could notice.
      freeze(victim);
      await eventually(
        "the control service is not ready",
        async () => (await stack.api("/ready")).status === 503,
        20_000,
      );
      expect((await stack.api("/live")).status).toBe(200);
      killFrozen(victim);
      await eventually("it is ready again", async () => (await stack.api("/ready")).status === 200);
      await eventually(
        "every agent works",
        async () => {
          const { body } = await stack.command("roll-call", {});
          return JSON.stringify(body).includes("22 of 22 work");
        },
        120_000,
      );
      expect(stack.pidOf("control service"), "it was not restarted").toBe(control);
      expect((await stack.terminal("audit", "verify")).code).toBe(0);
    },
  );
});
