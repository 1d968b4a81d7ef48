import type { Message } from "@rollcall/local/slack/client.ts";
import { sign } from "@rollcall/local/slack/delivery.ts";
import { fastify } from "fastify";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { registerSlackDoor } from "./door.ts";
import { type DoorStage, openDoor, textOf } from "./door-fixture.ts";
import { alert, incident, operation, SIGNING_SECRET } from "./fixtures.ts";
import { createSeen, isToUs } from "./said.ts";

let stage: DoorStage;
beforeAll(async () => {
  stage = await openDoor();
});
beforeEach(async () => await stage.reset());
afterAll(async () => await stage.close());

const BOT = "U0FLEET";
const says = (user: string, channel: string, text: string) => stage.slack.says(user, channel, text);
const replies = (user: string, { channel = "C0ALERTS", ts }: { channel?: string; ts: string }, text: string) =>
  stage.slack.send({ user, channel, text, thread_ts: ts });
const answers = async (channel: string) => (await stage.slack.messages(channel)).filter(({ user }) => user === BOT);
const answered = (channel: string, fits: string): Promise<Message> =>
  stage.slack.waitForMessage(channel, (message) => message.user === BOT && textOf(message).includes(fits));
const press = (user: string, { channel, ts }: Message, action_id: string) =>
  stage.slack.click({ user, channel, ts, action_id });

/** A card of the incident in #fleet-alerts. @returns its ts */
async function showCard(id: string, more: Partial<ReturnType<typeof incident>> = {}): Promise<string> {
  stage.rows.put(incident({ id, ...more }));
  const { ts } = stage.standIn.workspace.post({ channel: "C0ALERTS", user: BOT, text: "card" });
  await stage.rows.publications.markShown(id, { channel: "C0ALERTS", ts, revision: 1 });
  return ts;
}

describe("a mention", () => {
  test("in a channel is answered in its thread, for all to see", async () => {
    await says("U0VIEWER", "C0OPS", "@fleet whoami");
    const answer = await answered("C0OPS", "Viewer");
    const [question] = await stage.slack.messages("C0OPS");
    expect(answer).toMatchObject({ thread_ts: question?.ts, visible_to: null });
  });

  test("in a thread is answered in that thread", async () => {
    const { ts } = stage.standIn.workspace.post({ channel: "C0OPS", user: "U0SECOND", text: "anybody?" });
    await replies("U0VIEWER", { channel: "C0OPS", ts }, "let us ask @fleet whoami");
    expect((await answered("C0OPS", "Viewer")).thread_ts).toBe(ts);
  });

  test("that is small runs at once, with the event as its key", async () => {
    await says("U0OPERATOR", "C0OPS", "@fleet start billing");
    await answered("C0OPS", "*op-1* accepted: Starting billing. See <#C0OPS>.");
    expect(stage.accepted).toMatchObject([{ command: "start", agents: ["billing"], incidentId: null }]);
    expect(stage.accepted[0]?.idempotencyKey).toMatch(/^slack:T0LOCAL:Ev/);
  });

  test("that may hurt asks there first; the answer to the question takes its place", async () => {
    await says("U0OPERATOR", "C0OPS", '@fleet restart billing --reason "deploy"');
    const question = await answered("C0OPS", "*Restart billing?*");
    expect(stage.accepted).toEqual([]);
    await press("U0SECOND", question, "do.restart.0");
    const after = await answered("C0OPS", "*op-1* accepted");
    expect(after.ts).toBe(question.ts);
    expect(stage.accepted).toMatchObject([{ actor: { id: "second" }, reason: "deploy" }]);
  });

  test("left unanswered is no order any more after ten minutes", async () => {
    await says("U0OPERATOR", "C0OPS", "@fleet restart billing");
    const { blocks, channel } = await answered("C0OPS", "*Restart billing?*");
    const old = { ...stage.standIn.workspace.post({ channel, user: BOT, text: "?", blocks }) };
    const ts = `${Math.floor(Date.now() / 1000) - 601}.000001`;
    stage.standIn.workspace.restore({ version: 1, messages: [{ ...old, ts }] });
    await press("U0OPERATOR", { ...old, ts }, "do.restart.0");
    expect(textOf(await answered("C0OPS", "more than 10 minutes ago"))).not.toContain("do.restart");
    expect(stage.accepted).toEqual([]);
  });

  test("by a viewer may look and not act, and is told why there", async () => {
    await says("U0VIEWER", "C0OPS", "@fleet restart billing");
    await answered("C0OPS", "Not done: restart billing");
    expect(stage.accepted).toEqual([]);
  });

  test("that waits for a slow store is edited to what became of it", async () => {
    const release = stage.holdStore();
    await says("U0OPERATOR", "C0OPS", "@fleet start billing");
    const saving = await answered("C0OPS", "Saving…");
    release();
    expect((await answered("C0OPS", "*op-1* accepted")).ts).toBe(saving.ts);
  });

  test("is answered once Slack takes more messages", async () => {
    await stage.slack.failApi({ kind: "ratelimited", methods: ["chat.postMessage"], retry_after_seconds: 1 });
    await says("U0VIEWER", "C0OPS", "@fleet whoami");
    await answered("C0OPS", "Viewer");
  });
});

describe("in a card's thread", () => {
  test("a change is about the card's agent and is shown in the card", async () => {
    const ts = await showCard("inc-7");
    await replies("U0OPERATOR", { ts }, "@fleet start");
    await answered("C0ALERTS", "*op-1* accepted: Starting billing. See <#C0ALERTS>.");
    expect(stage.accepted).toMatchObject([{ command: "start", agents: ["billing"], incidentId: "inc-7" }]);
  });

  test.each([
    ["agent", "*billing"],
    ["restart", "*Restart billing?*"],
    ["roll-call", "billing"],
  ])("%s needs no name", async (words, fits) => {
    const ts = await showCard("inc-7");
    await replies("U0OPERATOR", { ts }, `@fleet ${words}`);
    expect((await answered("C0ALERTS", fits)).thread_ts).toBe(ts);
  });

  test("ack takes the card's alert", async () => {
    const ts = await showCard("inc-7");
    await replies("U0OPERATOR", { ts }, "@fleet ack");
    await answered("C0ALERTS", "*op-1* accepted");
    expect(stage.accepted).toMatchObject([{ command: "ack", input: { alert: "inc-7" }, incidentId: "inc-7" }]);
  });

  test("another agent may still be named, and is no matter of the card", async () => {
    const ts = await showCard("inc-7");
    await replies("U0OPERATOR", { ts }, "@fleet start invoices");
    await answered("C0ALERTS", "*op-1* accepted");
    expect(stage.accepted).toMatchObject([{ agents: ["invoices"], incidentId: null }]);
  });

  test("several agents of a card are all meant", async () => {
    const ts = await showCard("inc-7", { alerts: [alert("billing"), alert("invoices")] });
    await replies("U0OPERATOR", { ts }, "@fleet start");
    const plan = await answered("C0ALERTS", "2 agents, 50 % of the fleet");
    expect(stage.accepted).toEqual([]);
    await stage.slack.click({ user: "U0OPERATOR", channel: "C0ALERTS", ts: plan.ts, action_id: "do.start.0" });
    await answered("C0ALERTS", "*op-1* accepted");
    expect(stage.accepted).toMatchObject([{ agents: ["billing", "invoices"] }]);
  });

  test("after its end it is still the card's agent, in a message of its own", async () => {
    const ts = await showCard("inc-7", { state: "resolved", alerts: [alert("billing", { firing: false })] });
    await replies("U0OPERATOR", { ts }, "@fleet start");
    await answered("C0ALERTS", "See <#C0OPS>.");
    expect(stage.accepted).toMatchObject([{ agents: ["billing"], incidentId: null }]);
  });

  test("of an operation its agents are meant", async () => {
    stage.rows.put(operation({ id: "op-481", state: "ended" }));
    const { ts } = stage.standIn.workspace.post({ channel: "C0OPS", user: BOT, text: "restarting" });
    await stage.rows.publications.markShown("op-481", { channel: "C0OPS", ts, revision: 1 });
    await replies("U0VIEWER", { channel: "C0OPS", ts }, "@fleet agent");
    expect((await answered("C0OPS", "*billing")).thread_ts).toBe(ts);
  });

  test("of nothing, a change without a name is refused", async () => {
    const { ts } = stage.standIn.workspace.post({ channel: "C0OPS", user: "U0SECOND", text: "hm" });
    await replies("U0OPERATOR", { channel: "C0OPS", ts }, "@fleet start");
    await answered("C0OPS", "Start whom?");
    expect(stage.accepted).toEqual([]);
  });
});

describe("a direct message", () => {
  test("needs no prefix and is answered there", async () => {
    await says("U0VIEWER", "D0VIEWER", "whoami");
    expect(await answered("D0VIEWER", "Viewer")).toMatchObject({ thread_ts: null });
    await says("U0VIEWER", "D0VIEWER", "@fleet help");
    await answered("D0VIEWER", "roll-call");
  });

  test("that changes something does so in public", async () => {
    await says("U0OPERATOR", "D0OPERATOR", "start billing");
    await answered("D0OPERATOR", "*op-1* accepted: Starting billing. See <#C0OPS>.");
  });

  test("of somebody of another company is refused", async () => {
    await says("U0GUEST", "D0GUEST", "status");
    await answered("D0GUEST", "only members of this workspace may do this");
  });
});

describe("an event", () => {
  const event = { type: "app_mention", user: "U0OPERATOR", team: "T0LOCAL", channel: "C0OPS", ts: "1.1" };
  beforeEach(() => {
    event.ts = stage.standIn.workspace.post({ channel: "C0OPS", user: "U0OPERATOR", text: "@fleet start billing" }).ts;
  });
  const deliver = (more: object = {}, { app = stage.app, id = "Ev0SAME", retry = 0 } = {}) => {
    const payload = JSON.stringify({
      ...{ type: "event_callback", team_id: "T0LOCAL", api_app_id: "A0FLEET", event_id: id, event_time: 1 },
      event: { ...event, text: `<@${BOT}> start billing`, ...more },
    });
    const at = Math.floor(Date.now() / 1000);
    const headers = {
      "content-type": "application/json",
      "x-slack-request-timestamp": String(at),
      "x-slack-signature": sign(SIGNING_SECRET, at, payload),
      ...(retry === 0 ? {} : { "x-slack-retry-num": String(retry), "x-slack-retry-reason": "http_timeout" }),
    };
    return app.inject({ method: "POST", url: "/slack/events", headers, payload });
  };

  test("repeated by Slack five times runs once and is answered once (S1)", async () => {
    const responses = await Promise.all([0, 1, 2, 3, 3].map((retry) => deliver({}, { retry, id: "Ev0FIVE" })));
    expect(responses.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200, 200]);
    await answered("C0OPS", "*op-1* accepted");
    await says("U0VIEWER", "C0OPS", "@fleet whoami");
    await answered("C0OPS", "Viewer");
    expect(stage.accepted).toHaveLength(1);
    expect(await answers("C0OPS")).toHaveLength(2);
  });

  test("repeated to the service after its restart runs once and is told the same (S1)", async () => {
    await deliver({}, { id: "Ev0LATE" });
    await answered("C0OPS", "*op-1* accepted");
    const restarted = fastify();
    await registerSlackDoor(restarted, stage.deps);
    await deliver({}, { id: "Ev0LATE", app: restarted, retry: 3 });
    await answered("C0OPS", "*op-1* was accepted before");
    expect(stage.accepted).toHaveLength(1);
    await restarted.close();
  });

  test("of which only a repetition arrives is obeyed (S2)", async () => {
    await stage.slack.failDeliveries({ kind: "drop", deliveries: ["event"] });
    await says("U0OPERATOR", "C0OPS", "@fleet start billing");
    await answered("C0OPS", "*op-1* accepted");
    expect(stage.accepted).toHaveLength(1);
    const first = (await stage.slack.traffic()).filter(({ kind }) => kind === "event").slice(-2);
    expect(first.map(({ outcome }) => outcome)).toEqual(["dropped", "acked"]);
  });

  test("that no person has just said to the bot does nothing", async () => {
    const im = { type: "message", channel: "D0OPERATOR", channel_type: "im", text: "start billing" };
    const nobodys = [
      { ...im, bot_id: "B0FLEET", user: BOT },
      { ...im, bot_id: "B0OTHER", user: "U0OTHER" },
      { ...im, subtype: "message_changed" },
      { ...im, edited: { user: "U0OPERATOR", ts: "1.2" } },
      { ...im, channel: "C0OPS", channel_type: "channel" },
      { edited: { user: "U0OPERATOR", ts: "1.2" } },
      { user: BOT },
    ];
    for (const [index, more] of nobodys.entries())
      expect((await deliver(more, { id: `Ev0NOBODY${index}` })).statusCode).toBe(200);
    await says("U0VIEWER", "C0OPS", "@fleet whoami");
    await answered("C0OPS", "Viewer");
    expect(stage.accepted).toEqual([]);
    expect(await answers("D0OPERATOR")).toEqual([]);
  });

  test("is to us only if a person has said it to the bot", () => {
    const said = { type: "message", channel: "D0OPERATOR", channel_type: "im", ts: "1.1", user: "U0OPERATOR" };
    expect(isToUs(said, BOT)).toBe(true);
    expect(isToUs({ ...said, user: BOT }, BOT)).toBe(false);
    expect(isToUs({ ...said, bot_id: "B0OTHER" }, BOT)).toBe(false);
    expect(isToUs({ ...said, channel_type: "mpim" }, BOT)).toBe(false);
  });

  test("is remembered within bounds, the oldest forgotten first", () => {
    const isNew = createSeen(2);
    expect(["a", "b", "a", "c", "b", "a"].map(isNew)).toEqual([true, true, false, true, false, true]);
  });
});
