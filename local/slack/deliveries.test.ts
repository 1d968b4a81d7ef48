import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { expectSigned, type Received, type Stage, setStage } from "./test-app.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await setStage({ ackDeadlineMs: 300 });
});
afterAll(() => stage.close());
afterEach(async () => {
  stage.app.received.length = 0;
  stage.app.answer = (_request, response) => response.writeHead(200).end();
  await stage.client.clearFaults();
  await stage.client.clear();
});

const plain = (text: string) => ({ type: "plain_text", text });
const button = { type: "button", action_id: "restart", value: "op-1", style: "danger", text: plain("Restart") };
const card = [
  { type: "section", text: { type: "mrkdwn", text: "billing" } },
  {
    type: "actions",
    elements: [
      button,
      {
        type: "overflow",
        action_id: "more",
        options: [
          { text: plain("Logs"), value: "logs" },
          { text: plain("Silence…"), value: "silence" },
        ],
      },
    ],
  },
];

async function postCard(): Promise<string> {
  return String((await stage.call("chat.postMessage", { channel: "C0ALERTS", text: "card", blocks: card })).ts);
}

const seen = (channel = "C0ALERTS", user = "U0OPERATOR") => stage.client.messages(channel, user);

describe("slash commands", () => {
  test("come signed, as a form of exactly that type, with names as mentions", async () => {
    await stage.client.says("U0OPERATOR", "C0ALERTS", "/fleet give @second <billing> & co");
    const [got] = stage.app.received;
    expectSigned(got as Received);
    expect(got?.headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect(got?.payload).toMatchObject({
      command: "/fleet",
      text: "give <@U0SECOND|second> &lt;billing&gt; &amp; co",
      user_id: "U0OPERATOR",
      team_id: "T0LOCAL",
      channel_id: "C0ALERTS",
    });
    expect(await seen()).toEqual([]);
  });

  test("of a guest carry the guest's own team", async () => {
    await stage.client.says("U0GUEST", "C0OPS", "/fleet status");
    expect(stage.app.received[0]?.payload).toMatchObject({ user_id: "U0GUEST", team_id: "T0OTHER" });
  });

  test("an answer in the ack is seen by its reader alone", async () => {
    stage.app.answer = (_, response) =>
      response.writeHead(200, { "content-type": "application/json" }).end(`{"text":"all well"}`);
    await stage.client.says("U0OPERATOR", "C0ALERTS", "/fleet status");
    expect(await seen()).toMatchObject([{ text: "all well", user: "U0FLEET", visible_to: "U0OPERATOR" }]);
    expect(await seen("C0ALERTS", "U0SECOND")).toEqual([]);
  });

  test("without an ack in time the person reads operation_timeout, and the late answer is recorded with its time", async () => {
    let late: (() => void) | null = null;
    stage.app.answer = (_, response) => {
      late = () => response.writeHead(200).end("too late");
    };
    const { acks } = await stage.client.says("U0OPERATOR", "C0ALERTS", "/fleet status");
    expect(acks).toMatchObject([{ outcome: "timeout" }]);
    expect(await seen()).toMatchObject([
      { user: "USLACKBOT", text: '/fleet failed with the error "operation_timeout"' },
    ]);
    (late as (() => void) | null)?.();
    await expect
      .poll(async () => (await stage.client.traffic()).at(-1))
      .toMatchObject({ outcome: "timeout", status: 200, answer: "too late" });
    expect((await stage.client.traffic()).at(-1)?.ms).toBeGreaterThanOrEqual(300);
  });

  test("a refused or failing request reads dispatch_failed", async () => {
    stage.app.answer = (_, response) => response.writeHead(401).end();
    await stage.client.says("U0OPERATOR", "C0ALERTS", "/fleet status");
    stage.app.answer = (_, response) => response.destroy();
    await stage.client.says("U0OPERATOR", "C0ALERTS", "/fleet status");
    expect((await seen()).map(({ text }) => text)).toEqual(
      Array(2).fill('/fleet failed with the error "dispatch_failed"'),
    );
  });

  test("an answer that Slack would refuse is not shown", async () => {
    stage.app.answer = (_, response) => response.writeHead(200).end(`{"text":"x","blocks":[{"type":"banner"}]}`);
    await stage.client.says("U0OPERATOR", "C0ALERTS", "/fleet status");
    expect(await seen()).toMatchObject([{ text: '/fleet failed with the error "invalid_blocks"' }]);
  });

  test("an unknown command never reaches the app, and none works in a thread", async () => {
    await stage.client.says("U0OPERATOR", "C0ALERTS", "/remind me");
    expect(stage.app.received).toEqual([]);
    expect(await seen()).toMatchObject([{ user: "USLACKBOT" }]);
    const thread_ts = await postCard();
    await expect(
      stage.client.send({ user: "U0OPERATOR", channel: "C0ALERTS", text: "/fleet status", thread_ts }),
    ).rejects.toThrow("do not work in threads");
  });

  test("sent five times it is the very same request", async () => {
    const { acks } = await stage.client.send({
      user: "U0OPERATOR",
      channel: "C0ALERTS",
      text: "/fleet restart billing",
      times: 5,
    });
    expect(acks).toHaveLength(5);
    expect(
      new Set(stage.app.received.map(({ body, headers }) => `${body} ${String(headers["x-slack-signature"])}`)).size,
    ).toBe(1);
  });
});

describe("clicks", () => {
  test("a button comes signed, with its message, its value and where to answer", async () => {
    const ts = await postCard();
    await stage.client.click({ user: "U0SECOND", channel: "C0ALERTS", ts, action_id: "restart" });
    const [got] = stage.app.received;
    expectSigned(got as Received);
    expect(got?.headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect(got?.payload).toMatchObject({
      type: "block_actions",
      user: { id: "U0SECOND", team_id: "T0LOCAL" },
      container: { type: "message", message_ts: ts, channel_id: "C0ALERTS", is_ephemeral: false },
      message: { ts, text: "card", bot_id: "B0FLEET" },
      actions: [{ type: "button", action_id: "restart", value: "op-1", style: "danger" }],
    });
  });

  test("a menu comes with the chosen option, and only with one it has", async () => {
    const ts = await postCard();
    await stage.client.click({ user: "U0SECOND", channel: "C0ALERTS", ts, action_id: "more", value: "silence" });
    expect(stage.app.received[0]?.payload).toMatchObject({
      actions: [{ type: "overflow", selected_option: { value: "silence" } }],
    });
    const wrong = { user: "U0SECOND", channel: "C0ALERTS", ts, action_id: "more", value: "explode" };
    await expect(stage.client.click(wrong)).rejects.toThrow("no option explode");
  });

  test("five times is one request with one trigger, signed once", async () => {
    const ts = await postCard();
    const { acks } = await stage.client.click({
      user: "U0SECOND",
      channel: "C0ALERTS",
      ts,
      action_id: "restart",
      times: 5,
    });
    expect(acks.map(({ outcome }) => outcome)).toEqual(Array(5).fill("acked"));
    expect(stage.app.received).toHaveLength(5);
    expect(new Set(stage.app.received.map(({ body }) => body)).size).toBe(1);
  });

  test("a button that was edited away cannot be clicked any more", async () => {
    const ts = await postCard();
    await stage.call("chat.update", { channel: "C0ALERTS", ts, text: "done" });
    await expect(
      stage.client.click({ user: "U0SECOND", channel: "C0ALERTS", ts, action_id: "restart" }),
    ).rejects.toThrow("no element restart");
  });

  test("without an ack the person reads operation_timeout", async () => {
    stage.app.answer = () => {};
    const ts = await postCard();
    await stage.client.click({ user: "U0OPERATOR", channel: "C0ALERTS", ts, action_id: "restart" });
    expect((await seen()).at(-1)).toMatchObject({ text: '"Restart" failed with the error "operation_timeout"' });
  });

  test("dropped ones never arrive, duplicated ones twice", async () => {
    const ts = await postCard();
    const press = () => stage.client.click({ user: "U0OPERATOR", channel: "C0ALERTS", ts, action_id: "restart" });
    await stage.client.failDeliveries({ kind: "drop" });
    expect(await press()).toMatchObject({ acks: [{ outcome: "dropped" }] });
    expect(stage.app.received).toHaveLength(0);
    await stage.client.failDeliveries({ kind: "duplicate", deliveries: ["block_actions"] });
    await press();
    expect(stage.app.received).toHaveLength(2);
  });

  test("somebody else's ephemeral message cannot be clicked", async () => {
    const { message_ts } = await stage.call("chat.postEphemeral", {
      channel: "C0ALERTS",
      user: "U0VIEWER",
      text: "x",
      blocks: card,
    });
    const press = (user: string) =>
      stage.client.click({ user, channel: "C0ALERTS", ts: String(message_ts), action_id: "restart" });
    await expect(press("U0SECOND")).rejects.toThrow("no message");
    await press("U0VIEWER");
    expect(stage.app.received[0]?.payload).toMatchObject({ container: { is_ephemeral: true } });
    expect(stage.app.received[0]?.payload.message).toBeUndefined();
  });
});

describe("events", () => {
  test("a mention in a channel and any word in the direct channel reach the app, other talk does not", async () => {
    await stage.client.says("U0OPERATOR", "C0OPS", "good morning");
    await stage.client.says("U0OPERATOR", "C0OPS", "@fleet status");
    await stage.client.says("U0OPERATOR", "D0OPERATOR", "status");
    const events = stage.app.received.map(({ payload }) => payload.event);
    expect(events).toMatchObject([
      { type: "app_mention", channel: "C0OPS", text: "<@U0FLEET> status" },
      { type: "message", channel_type: "im", channel: "D0OPERATOR", text: "status" },
    ]);
    expectSigned(stage.app.received[0] as Received);
    expect(stage.app.received[0]?.headers["content-type"]).toBe("application/json");
  });

  test("an untaken event comes again at once, after a minute and after five, each with number and reason, then no more", async () => {
    stage.app.answer = (_, response) => response.writeHead(500).end();
    await stage.client.says("U0OPERATOR", "D0OPERATOR", "status");
    await expect.poll(() => stage.app.received.length).toBe(2);
    await stage.client.advance(61);
    await expect.poll(() => stage.app.received.length).toBe(3);
    expect(await stage.client.advance(299)).toEqual({ retries_waiting: 1 });
    await stage.client.advance(2);
    await expect.poll(() => stage.app.received.length).toBe(4);
    expect(await stage.client.advance(3600)).toEqual({ retries_waiting: 0 });
    expect(stage.app.received.map(({ headers }) => headers["x-slack-retry-num"])).toEqual([undefined, "1", "2", "3"]);
    expect(stage.app.received[1]?.headers["x-slack-retry-reason"]).toBe("http_error");
    expect(new Set(stage.app.received.map(({ payload }) => payload.event_id)).size).toBe(1);
  });

  test("x-slack-no-retry ends the retries", async () => {
    stage.app.answer = (_, response) => response.writeHead(500, { "x-slack-no-retry": "1" }).end();
    await stage.client.says("U0OPERATOR", "D0OPERATOR", "status");
    expect(await stage.client.advance(3600)).toEqual({ retries_waiting: 0 });
    expect(stage.app.received).toHaveLength(1);
  });

  test("a lost first delivery is made good by a retry", async () => {
    await stage.client.failDeliveries({ kind: "drop", deliveries: ["event"] });
    await stage.client.says("U0OPERATOR", "D0OPERATOR", "status");
    await expect.poll(() => stage.app.received.length).toBe(1);
    expect(stage.app.received[0]?.headers).toMatchObject({
      "x-slack-retry-num": "1",
      "x-slack-retry-reason": "http_timeout",
    });
  });
});
