import { setTimeout as sleep } from "node:timers/promises";
import type { Message } from "@rollcall/local/slack/client.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type DoorStage, openDoor, textOf } from "./door-fixture.ts";

const BOT = "U0FLEET";
let stage: DoorStage;
beforeAll(async () => {
  stage = await openDoor("sockets");
  await stage.slack.deliverOver("socket");
});
beforeEach(async () => {
  await stage.reset();
  await bothOpen();
});
afterAll(async () => await stage.close());

const bothOpen = async (timeout = 18_000) => {
  await expect.poll(() => stage.states.at(-1), { timeout }).toEqual({ wanted: 2, connected: 2, problem: null });
  // Slack may hold a connection for alive a moment longer than we do.
  await expect.poll(() => stage.slack.openSockets(), { timeout }).toBe(2);
};
const types = (text: string) => stage.slack.says("U0OPERATOR", "C0OPS", text);
const answered = (channel: string, fits: string): Promise<Message> =>
  stage.slack.waitForMessage(channel, (message) => message.user === BOT && textOf(message).includes(fits));

describe("over sockets", () => {
  test("commands, buttons, mentions and direct messages are each run once", async () => {
    const { acks } = await types("/fleet restart billing");
    expect(acks).toMatchObject([{ outcome: "acked" }]);
    const { ts } = await stage.whispered("U0OPERATOR", "*Restart billing?*");
    await stage.slack.click({ user: "U0OPERATOR", channel: "C0OPS", ts, action_id: "do.restart.0" });
    await stage.whispered("U0OPERATOR", "*op-1* accepted");
    await types("@fleet start invoices");
    await answered("C0OPS", "*op-2* accepted");
    await stage.slack.says("U0OPERATOR", "D0OPERATOR", "start order-validator");
    await answered("D0OPERATOR", "*op-3* accepted");
    expect(stage.accepted.map(({ agents }) => agents)).toEqual([["billing"], ["invoices"], ["order-validator"]]);
  });

  test("an envelope that comes by both sockets is run once", async () => {
    await stage.slack.failDeliveries({ kind: "duplicate", deliveries: ["event"] });
    await types("@fleet start billing");
    await answered("C0OPS", "*op-1* accepted");
    await stage.slack.failDeliveries({ kind: "duplicate", deliveries: ["command"] });
    await types("/fleet start invoices");
    await stage.whispered("U0OPERATOR", "*op-2*");
    expect(stage.accepted).toHaveLength(2);
    const answers = (await stage.slack.messages("C0OPS")).filter(({ user }) => user === BOT);
    expect(answers).toHaveLength(1);
  });

  test.each(["close", "reset", "refresh_requested", "warning"] as const)(
    "one of two that ends by %s leaves no gap, and is open again",
    async (how) => {
      const seen = stage.states.length;
      expect(await stage.slack.dropSockets(how)).toBe(1);
      for (let round = 0; round < 5; round += 1)
        expect((await types("/fleet whoami")).acks).toMatchObject([{ outcome: "acked" }]);
      await expect.poll(() => stage.states.slice(seen).map(({ connected }) => connected)).toContain(1);
      await bothOpen();
    },
  );

  test("all gone, and Slack away for five seconds: they are open again, and what Slack kept is run", {
    timeout: 60_000,
  }, async () => {
    await stage.slack.failApi({ kind: "http", status: 503, methods: ["apps.connections.open"], count: 1000 });
    await stage.slack.dropSockets("reset", 2);
    await expect.poll(() => stage.states.at(-1)?.connected).toBe(0);
    await types("@fleet start billing");
    await sleep(5000);
    expect(stage.states.at(-1)).toEqual({ wanted: 2, connected: 0, problem: "Slack does not answer" });
    await stage.slack.clearFaults();
    await bothOpen();
    await stage.slack.advance(61);
    await answered("C0OPS", "*op-1* accepted");
    expect(stage.accepted).toHaveLength(1);
  });

  test("a refused token ends nothing: HTTP goes on, and the sockets come once it is right", async () => {
    const seen = stage.states.length;
    await stage.slack.failApi({ kind: "error", error: "invalid_auth", methods: ["apps.connections.open"], count: 3 });
    await stage.slack.dropSockets("close", 2);
    await expect.poll(() => stage.states.slice(seen).map(({ problem }) => problem)).toContain("invalid_auth");
    await stage.slack.deliverOver("http");
    expect((await types("/fleet whoami")).acks).toMatchObject([{ outcome: "acked", status: 200 }]);
    await stage.slack.deliverOver("socket");
    await bothOpen();
  });

  test("while Slack wants fewer openings it is left in peace", async () => {
    const limit = { kind: "ratelimited", methods: ["apps.connections.open"], retry_after_seconds: 2 } as const;
    await stage.slack.failApi(limit);
    const before = performance.now();
    await stage.slack.dropSockets("close");
    await expect.poll(() => stage.states.at(-1)?.connected).toBe(1);
    await bothOpen();
    expect(performance.now() - before).toBeGreaterThan(2000);
  });

  test("one that only seems to live is noticed and replaced", { timeout: 40_000 }, async () => {
    const seen = stage.states.length;
    await stage.slack.dropSockets("dead");
    const connected = () => stage.states.slice(seen).map((state) => state.connected);
    await expect.poll(connected, { timeout: 20_000 }).toContain(1);
    await expect.poll(() => stage.states.at(-1)?.connected).toBe(2);
  });
});
