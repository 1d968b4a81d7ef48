import { describe, expect, test } from "vitest";
import { ALERTS, eventually, OPERATOR, stackUnderTest } from "./stack-under-test.ts";

const AGENT = "order-validator";
/** Design section 8: any fault is in Slack and PagerDuty within this time at worst. */
const DETECT_SECONDS = 90;

describe("an agent whose work loop hangs while its heartbeat goes on", () => {
  test("is named by the roll call, alarms, is restarted by one click delivered five times, and the message ends honestly", async () => {
    const stack = stackUnderTest();
    const startsBefore = stack.ledger(AGENT).filter((line) => line.kind === "started").length;

    const hung = await stack.command("drill", { fault: "hang", id: AGENT });
    expect(hung.status).toBe(202);
    const faultAt = Date.now();

    await eventually("the roll call says so", async () => {
      const { body } = await stack.command("roll-call", {});
      return JSON.stringify(body).includes("alive but not consuming") && JSON.stringify(body).includes(AGENT);
    });
    const asked = await stack.slack.says(OPERATOR, ALERTS, "/fleet roll-call");
    expect(asked.acks.map((ack) => ack.status)).toEqual([200]);
    await stack.slack.waitForMessage(
      ALERTS,
      (message) => message.visible_to === OPERATOR && JSON.stringify(message).includes("alive but not consuming"),
      {
        user: OPERATOR,
        timeoutMs: 20_000,
      },
    );

    const card = await stack.slack.waitForMessage(
      ALERTS,
      (message) => message.text.includes(AGENT) && message.text.includes("alive but not consuming"),
      {
        timeoutMs: 100_000,
      },
    );
    const page = await stack.pagerDuty.waitForIncident((incident) => incident.summary.includes(AGENT), 100_000);
    expect((Date.now() - faultAt) / 1000).toBeLessThanOrEqual(DETECT_SECONDS);

    const restart = findButton(card.blocks, "Restart");
    expect(restart.confirm, "a dangerous button names its target again").toBeTruthy();
    await stack.slack.click({ user: OPERATOR, channel: ALERTS, ts: card.ts, action_id: restart.action_id, times: 5 });

    const ended = await stack.slack.waitForMessage(
      ALERTS,
      (message) => message.ts === card.ts && /recovered in \d+ s/.test(message.text),
      { timeoutMs: 120_000 },
    );
    expect(JSON.stringify(ended.blocks)).toMatch(/stopped ✓ [\d.]+ s, by the supervisor: its work loop did not end/);

    const timeline = findButton(ended.blocks, "Timeline");
    await stack.slack.click({ user: OPERATOR, channel: ALERTS, ts: card.ts, action_id: timeline.action_id });
    await stack.slack.waitForMessage(
      ALERTS,
      (message) =>
        message.visible_to === OPERATOR && /restart of order-validator recovered after/.test(JSON.stringify(message)),
      { user: OPERATOR, timeoutMs: 20_000 },
    );

    await eventually("PagerDuty is told", async () => {
      const now = (await stack.pagerDuty.incidents()).find((incident) => incident.dedup_key === page.dedup_key);
      return now?.status === "resolved";
    });
    const firing = await fetch(
      `${stack.address(9093)}/api/v2/alerts?${new URLSearchParams({ filter: `agent="${AGENT}"` })}`,
    );
    expect(await firing.json()).toEqual([]);

    const ledger = stack.ledger(AGENT);
    const started = ledger.filter((line) => line.kind === "started").slice(startsBefore);
    expect(started, "the agent's own ledger shows one restart").toHaveLength(1);
    const operation = (started[0]?.id ?? "").split(":")[0] as string;
    expect(operation).toMatch(/^op-\d+$/);
    expect(
      ledger.filter((line) => line.kind === "applied" && line.id === `${operation}:${AGENT}:stop`).length,
    ).toBeLessThanOrEqual(1);

    const verified = await stack.terminal("audit", "verify");
    expect(verified.output).toMatch(/unbroken/);
    expect(verified.code).toBe(0);
    const { body } = await stack.api(`/api/v1/audit?operation=${operation}&limit=50`);
    const events = (body as { rows: { event: string }[] }).rows.map((row) => row.event);
    expect(events).toEqual(expect.arrayContaining(["intent", "dispatch", "outcome"]));
  });
});

interface Button {
  readonly action_id: string;
  readonly confirm?: unknown;
}

function findButton(blocks: readonly Record<string, unknown>[], label: string): Button {
  const elements = blocks.flatMap(
    (block) => (block.elements as { text?: { text?: string } | string; action_id?: string }[] | undefined) ?? [],
  );
  const found = elements.find((element) => typeof element.text === "object" && element.text.text?.startsWith(label));
  if (found?.action_id === undefined) throw new Error(`no button ${label} among ${JSON.stringify(elements)}`);
  return found as Button;
}
