import type { Message } from "@rollcall/local/slack/client.ts";
import { sign } from "@rollcall/local/slack/delivery.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type DoorStage, openDoor, textOf } from "./door-fixture.ts";
import { FRAME, SETTINGS, SIGNING_SECRET } from "./fixtures.ts";
import { requestMessage } from "./render/request.ts";

let stage: DoorStage;
beforeAll(async () => {
  stage = await openDoor();
});
beforeEach(async () => await stage.reset());
afterAll(async () => await stage.close());

const [OPERATOR, SECOND, VIEWER] = ["U0OPERATOR", "U0SECOND", "U0VIEWER"] as const;
const ASK = '/fleet restart all --reason "4.7.2 is broken"';
const agreed = () => stage.accepted.filter(({ command }) => command === "restart");
const waiting = () => [...stage.rows.requests.rows.values()].filter(({ state }) => state === "waiting");
const says = (text: string, user: string = OPERATOR) => stage.slack.says(user, "C0OPS", text);

const field = (name: string, value: string) => ({ [name]: { [name]: { type: "plain_text_input", value } } });
const filled = (reason: string) => ({ ...field("reason", reason), ...field("typed", "restart 4") });

/** Asks, and confirms the plan that the window shows. */
async function ask(user: string = OPERATOR): Promise<void> {
  await says(ASK, user);
  await whispered(user, "The window shows the plan.");
  await stage.slack.submit(user, (await windowOf(user)).id, filled("4.7.2 is broken"));
}

/** Asks, and posts the request's message as the publisher does. */
async function postRequest(user: string = OPERATOR): Promise<string> {
  await ask(user);
  const [request] = waiting();
  if (request === undefined) throw new Error("nothing waits");
  const { text, blocks } = requestMessage(request, { ...FRAME, fleetSize: 4, whoCan: ["Second admin"] });
  const response = await fetch(`${stage.standIn.url}/api/chat.postMessage`, {
    method: "POST",
    headers: { authorization: `Bearer ${SETTINGS.botToken}` },
    body: new URLSearchParams({ channel: "C0OPS", text, blocks: JSON.stringify(blocks) }),
  });
  const { ts } = (await response.json()) as { ts: string };
  stage.rows.shown.set(request.id, { channel: "C0OPS", ts, revision: 1 });
  return ts;
}

const press = (user: string, ts: string, action_id: string) =>
  stage.slack.click({ user, channel: "C0OPS", ts, action_id });
/** Chooses behind "⋯". */
const choose = (user: string, ts: string, command: string) => {
  const value = JSON.stringify({ command, input: { request: "req-1" } });
  return stage.slack.click({ user, channel: "C0OPS", ts, action_id: "do.more", value });
};
const whispered = (user: string, fits: string): Promise<Message> => stage.whispered(user, fits);
const windowOf = async (user: string) => (await stage.slack.views(user)).stack.at(-1) as { id: string } & object;

describe("what needs a second person", () => {
  test("waits, and whoever asked is told that nothing has happened", async () => {
    await ask();
    expect(JSON.stringify(await windowOf(OPERATOR))).toContain(
      "✋ *Waiting for a second person* — req-1: restart billing",
    );
    expect(waiting()).toMatchObject([{ reason: "4.7.2 is broken", actor: { id: "operator" } }]);
    expect(stage.accepted).toEqual([]);
  });

  test("is shown with the plan: whom it is about, what each is doing now, in which steps, and how much of the fleet", async () => {
    const ts = await postRequest();
    const shown = textOf((await stage.slack.messages("C0OPS")).find((message) => message.ts === ts) as Message);
    expect(shown).toMatch(
      /4 agents, 100 % of the fleet, (side by side|\d batches of ≤ \d, [^"]* last), stops after 1 failure/,
    );
    expect(shown).toContain("Steps of each: sent, stopped, started, working, alert clear");
    expect(shown).toMatch(/• billing: [a-z]+/);
    expect(shown).toContain("Behind it: ");
  });

  test("is approved by another admin, once, and they are told what it became", async () => {
    const ts = await postRequest();
    await press(SECOND, ts, "do.approve.0");
    await whispered(SECOND, "✅ *req-1 approved*");
    expect(agreed()).toMatchObject([{ approval: { by: "second" }, actor: { id: "operator" }, agents: { length: 4 } }]);
    await press(SECOND, ts, "do.approve.0");
    await whispered(SECOND, "req-1 is approved already by Second admin");
    expect(agreed()).toHaveLength(1);
  });

  test.each([
    ["who asked, an operator", OPERATOR],
    ["who asked, an admin", SECOND],
  ])("is refused to %s, with who can do it now; the refusal is written down", async (_, user) => {
    const ts = await postRequest(user);
    await press(user, ts, "do.approve.0");
    const told = textOf(await whispered(user, "so somebody else approves it"));
    expect(told).toContain("🚫 *Not done: approve req-1.* You asked for req-1, so somebody else approves it.");
    expect(told).toMatch(/Can do it now: .*(Second admin|Guest)/);
    expect([agreed(), waiting().length]).toEqual([[], 1]);
    expect(stage.audited.at(-1)).toMatchObject({ command: "approve", decision: "refused" });
  });

  test("is refused to a viewer", async () => {
    const ts = await postRequest();
    await press(VIEWER, ts, "do.approve.0");
    await whispered(VIEWER, "🚫 *Not done: approve req-1.*");
    await press(VIEWER, ts, "do.deny.1");
    await whispered(VIEWER, "🚫 *Not done: deny req-1.*");
    expect([agreed(), waiting().length]).toEqual([[], 1]);
  });

  test("ends with one denial, and an approval comes too late", async () => {
    const ts = await postRequest();
    await press(SECOND, ts, "do.deny.1");
    await whispered(SECOND, "🚫 *req-1 denied*");
    await press(SECOND, ts, "do.approve.0");
    await whispered(SECOND, "req-1 is denied already by Second admin");
    expect(agreed()).toEqual([]);
  });

  test("is taken back by who asked, and shown in full to who wants to know", async () => {
    const ts = await postRequest();
    await press(VIEWER, ts, "do.requests.2");
    await whispered(VIEWER, "bound to");
    await choose(OPERATOR, ts, "withdraw");
    await whispered(OPERATOR, "⏹ *req-1 withdrawn*");
    expect(waiting()).toEqual([]);
  });

  test("ten approvals and denials at once have one outcome", async () => {
    const ts = await postRequest();
    const actions = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? "do.approve.0" : "do.deny.1"));
    await Promise.all(actions.map((action) => press(SECOND, ts, action)));
    await expect.poll(() => waiting().length).toBe(0);
    const [request] = [...stage.rows.requests.rows.values()];
    expect(agreed()).toHaveLength(request?.state === "approved" ? 1 : 0);
  });
});

describe("a forged request of Slack", () => {
  const signed = async (payload: object) => {
    const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
    const at = Math.floor(Date.now() / 1000);
    const headers = {
      "content-type": "application/x-www-form-urlencoded",
      "x-slack-request-timestamp": String(at),
      "x-slack-signature": sign(SIGNING_SECRET, at, body),
    };
    return await stage.app.inject({ method: "POST", url: "/slack/events", headers, payload: body });
  };
  const common = (user: string) => ({
    team: { id: "T0LOCAL", domain: "local" },
    user: { id: user, team_id: "T0LOCAL", username: user },
    trigger_id: `${Math.random()}`,
  });
  const pressed = (user: string, ts: string, value: object) => ({
    ...common(user),
    ...{ type: "block_actions", channel: { id: "C0OPS", name: "fleet-ops" }, response_url: "" },
    container: { type: "message", channel_id: "C0OPS", message_ts: ts, is_ephemeral: false },
    actions: [
      ...[{ type: "button", action_id: "do.approve.0", block_id: "b", action_ts: "1.1", value: JSON.stringify(value) }],
    ],
  });
  const submitted = (user: string, private_metadata: string, reason = "because") => ({
    ...{ ...common(user), type: "view_submission", response_urls: [] },
    view: {
      ...{ id: `V${Math.random()}`, type: "modal", callback_id: "reason", private_metadata },
      state: { values: { reason: { reason: { type: "plain_text_input", value: reason } } } },
    },
  });

  test("whose button names another request than its message shows decides nothing", async () => {
    const ts = await postRequest();
    stage.rows.shown.set("req-77", { channel: "C0OPS", ts: "77.1", revision: 1 });
    for (const at of ["77.1", "1.1"])
      await signed(pressed(SECOND, at, { command: "approve", input: { request: "req-1" }, asked: true }));
    await whispered(SECOND, "This message is not about that request. Nothing was done.");
    await signed(pressed(SECOND, ts, { command: "approve", input: { request: "req-1", hash: "x" }, asked: true }));
    await whispered(SECOND, "hash");
    expect([agreed(), waiting().length]).toEqual([[], 1]);
  });

  test.each([
    ["an order with a role of its own", JSON.stringify({ command: "restart", input: { who: ["all"] }, role: "admin" })],
    ["no order", "restart all"],
  ])("whose window carries %s is refused", async (_, metadata) => {
    const answer = await signed(submitted(OPERATOR, metadata));
    expect(answer.json()).toMatchObject({ response_action: "errors" });
    expect(waiting()).toEqual([]);
  });

  test("whose window carries an approval is answered by the rights of who sent it", async () => {
    await ask();
    const order = JSON.stringify({ command: "approve", input: { request: "req-1" }, asked: true });
    const answer = await signed(submitted(OPERATOR, order));
    expect(answer.body).toContain("so somebody else approves it");
    expect([agreed(), waiting().length]).toEqual([[], 1]);
  });

  test("whose window carries what needs no second person does nothing", async () => {
    const answer = await signed(
      submitted(OPERATOR, JSON.stringify({ command: "restart", input: { who: ["billing"] }, asked: true })),
    );
    expect(answer.body).toContain("Nothing has happened yet");
    expect(agreed()).toEqual([]);
  });
});

describe("a reason that is missing", () => {
  test("is filled into the window of the plan, whose answer says that it waits", async () => {
    await says("/fleet restart all");
    await whispered(OPERATOR, "The window shows the plan.");
    const view = await windowOf(OPERATOR);
    expect(JSON.stringify(view)).toMatch(/these are 4 of 4 agents/i);
    expect(waiting()).toEqual([]);
    await stage.slack.submit(OPERATOR, view.id, filled(" too slow "));
    expect(JSON.stringify(await windowOf(OPERATOR))).toContain("Waiting for a second person");
    expect(waiting()).toMatchObject([{ reason: "too slow", command: "restart" }]);
    expect(stage.accepted).toEqual([]);
  });

  test("must say something", async () => {
    await says("/fleet restart all");
    await whispered(OPERATOR, "The window shows the plan.");
    await stage.slack.submit(OPERATOR, (await windowOf(OPERATOR)).id, filled("   "));
    expect(JSON.stringify(await windowOf(OPERATOR))).toContain("they need a reason");
    expect(waiting()).toEqual([]);
  });

  test("is asked for by the plan's own button where no window could be opened before", async () => {
    await stage.slack.says(OPERATOR, "C0OPS", "@fleet restart all");
    const plan = await stage.slack.waitForMessage("C0OPS", (message) => textOf(message).includes("4 of 4 agents"));
    await press(OPERATOR, plan.ts, "do.restart.0");
    const view = await windowOf(OPERATOR);
    expect(JSON.stringify(view)).toContain("Type restart 4");
    await stage.slack.submit(OPERATOR, view.id, filled("too slow"));
    expect(waiting()).toMatchObject([{ reason: "too slow" }]);
  });

  test("is not asked of who may not do it at all", async () => {
    await says("/fleet restart all", VIEWER);
    await whispered(VIEWER, "🚫 *Not done: restart all.*");
    expect((await stage.slack.views(VIEWER)).stack).toEqual([]);
  });
});
