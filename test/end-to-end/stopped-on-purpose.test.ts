import { describe, expect, test } from "vitest";
import { eventually, OPERATOR, OPS, stackUnderTest } from "./stack-under-test.ts";

const AGENT = "archive-writer";

describe("an agent stopped on purpose", () => {
  test("shows who stopped it and since when, does not alarm, and works again after start", async () => {
    const stack = stackUnderTest();
    // A restart that another test asked for may still be under way: one operation at a time changes an agent.
    await eventually("it may be stopped", async () => (await stack.command("stop", { who: [AGENT] })).status === 202);
    await eventually("it is off", async () => {
      const [row] = await stack.promql(`rollcall_agent_health_code{agent="${AGENT}"}`);
      return row?.value === 4;
    });

    await stack.slack.says(OPERATOR, OPS, "/fleet status");
    const status = await stack.slack.waitForMessage(
      OPS,
      (message) => message.visible_to === OPERATOR && JSON.stringify(message).includes(AGENT),
      { user: OPERATOR },
    );
    expect(JSON.stringify(status.blocks)).toMatch(/1 off/);
    expect(JSON.stringify(status.blocks)).toMatch(/archive-writer.*stopped by Operator on call since/);

    // The rule waits 15 s of silence and 5 s more; by then an alert would be pending or firing.
    await eventually("its heartbeat is past the deadline", async () => {
      const [row] = await stack.promql(`time() - rollcall_agent_last_heartbeat_timestamp_seconds{agent="${AGENT}"}`);
      return row === undefined || row.value > 35;
    });
    expect(await stack.promql(`ALERTS{agent="${AGENT}"}`)).toEqual([]);

    expect((await stack.command("start", { who: [AGENT] })).status).toBe(202);
    await eventually("it works again", async () => {
      const [row] = await stack.promql(`rollcall_agent_rung{agent="${AGENT}"}`);
      return row !== undefined && row.value >= 4;
    });
  });
});
