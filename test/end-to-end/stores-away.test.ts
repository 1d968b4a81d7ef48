import { describe, expect, test } from "vitest";
import { eventually, stackUnderTest } from "./stack-under-test.ts";

interface Readiness {
  readonly ready: boolean;
}

describe("a store that dies during work", () => {
  test.each(["Redis", "PostgreSQL"])(
    "%s: the control service says so, goes on when it is back, and the fleet works",
    async (name) => {
      const stack = stackUnderTest();
      const control = stack.pidOf("control service");
      process.kill(stack.pidOf(name), "SIGKILL");
      await eventually(
        "the control service is not ready",
        async () => (await stack.api("/ready")).status === 503,
        15_000,
      );
      expect((await stack.api("/live")).status).toBe(200);
      await eventually(
        "it is ready again",
        async () => (await stack.api("/ready")).status === 200 && ({ ready: true } satisfies Readiness),
      );
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
