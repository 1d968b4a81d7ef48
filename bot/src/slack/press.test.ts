import type { Message } from "@rollcall/local/slack/client.ts";
import { sign } from "@rollcall/local/slack/delivery.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type DoorStage, openDoor, textOf } from "./door-fixture.ts";
import { FRAME, facts, incident, operation, SETTINGS, SIGNING_SECRET } from "./fixtures.ts";
import { inputOf } from "./order-inputs.ts";
import { incidentCard } from "./render/incident.ts";

let stage: DoorStage;
beforeAll(async () => {
  stage = await openDoor();
});
beforeEach(async () => await stage.reset());
afterAll(async () => await stage.close());

const whispered = (user: string, fits: string) => stage.whispered(user, fits);
/** A card as the publisher posts it. */
async function postCard(row = incident()): Promise<string> {
  stage.rows.put(row);
  const { text, blocks } = incidentCard(row, facts(), { ...FRAME, inputOf });
  const response = await fetch(`${stage.standIn.url}/api/chat.postMessage`, {
    method: "POST",
    headers: { authorization: `Bearer ${SETTINGS.botToken}` },
    body: new URLSearchParams({ channel: "C0OPS", text, blocks: JSON.stringify(blocks) }),
  });
  return ((await response.json()) as { ts: string }).ts;
}

const press = (user: string, ts: string, action_id: string) =>
  stage.slack.click({ user, channel: "C0OPS", ts, action_id });

describe("a button of a card", () => {
  test("restarts what the card is about, once, and the card itself says so", async () => {
    const ts = await postCard();
    const click = { user: "U0OPERATOR", channel: "C0OPS", ts, action_id: "do.restart.1" };
    const { acks } = await stage.slack.click({ ...click, times: 5 });
    expect(acks.map(({ outcome }) => outcome)).toEqual(["acked", "acked", "acked", "acked", "acked"]);
    expect(stage.accepted).toMatchObject([{ command: "restart", agents: ["billing"], incidentId: "inc-7" }]);
    const seen = await stage.slack.messages("C0OPS", "U0OPERATOR");
    expect(seen.filter(({ visible_to }) => visible_to !== null)).toEqual([]);
  });

  test("acknowledges", async () => {
    const ts = await postCard();
    await press("U0OPERATOR", ts, "do.ack.0");
    expect(stage.accepted).toMatchObject([{ command: "ack", incidentId: "inc-7" }]);
  });

  test("tells the second who presses that it runs already, and since when", async () => {
    const ts = await postCard();
    await press("U0OPERATOR", ts, "do.restart.1");
    await press("U0SECOND", ts, "do.restart.1");
    const told = textOf(await whispered("U0SECOND", "Restarting billing is already running (op-1)"));
    expect(told).toMatch(/started by @Operator on call \d+ s ago/);
    expect(stage.accepted).toHaveLength(1);
  });

  test("pressed ten times by three people runs once, and the others are told who was first (S3)", async () => {
    const ts = await postCard();
    const presses = ["U0OPERATOR", "U0SECOND", "U0OPERATOR", "U0SECOND", "U0VIEWER"];
    await Promise.all([...presses, ...presses].map((user) => press(user, ts, "do.restart.1")));
    expect(stage.accepted).toHaveLength(1);
    const first = stage.accepted[0]?.actor.slackUser;
    const second = first === "U0OPERATOR" ? "U0SECOND" : "U0OPERATOR";
    await whispered(second, "is already running (op-1)");
    await whispered("U0VIEWER", "Not done: restart billing");
  });

  test("is refused to a viewer, who sees why; the card stays as it is", async () => {
    const ts = await postCard();
    const before = textOf((await stage.slack.messages("C0OPS"))[0]);
    await press("U0VIEWER", ts, "do.restart.1");
    await whispered("U0VIEWER", "🚫 *Not done: restart billing.*");
    expect(stage.accepted).toEqual([]);
    expect(textOf((await stage.slack.messages("C0OPS"))[0])).toBe(before);
  });

  test("is refused to a guest", async () => {
    const ts = await postCard();
    await press("U0GUEST", ts, "do.restart.1");
    expect(stage.accepted).toEqual([]);
    expect(stage.audited).toMatchObject([{ event: "authentication", decision: "refused" }]);
  });

  test("does nothing once the alert has ended", async () => {
    const ts = await postCard();
    stage.rows.put(incident({ state: "resolved", resolvedAt: Date.now() }));
    await press("U0OPERATOR", ts, "do.restart.1");
    await whispered("U0OPERATOR", "has ended in the meantime. Nothing was done.");
    expect(stage.accepted).toEqual([]);
  });

  test("says saving when the store is slow, and then what became of it, without replacing the card", async () => {
    const ts = await postCard();
    const release = stage.holdStore();
    await press("U0OPERATOR", ts, "do.restart.1");
    await whispered("U0OPERATOR", "Saving…");
    release();
    await whispered("U0OPERATOR", "*op-1* accepted");
    expect((await stage.slack.messages("C0OPS"))[0]?.text).toContain("billing is gone");
  });
});

describe("a forged button", () => {
  const forge = async (value: unknown, action_id = "do.restart.0") => {
    const payload = JSON.stringify({
      type: "block_actions",
      team: { id: "T0LOCAL", domain: "local" },
      user: { id: "U0OPERATOR", team_id: "T0LOCAL", username: "operator" },
      channel: { id: "C0OPS", name: "fleet-ops" },
      container: { type: "message", channel_id: "C0OPS", message_ts: "1.1", is_ephemeral: false },
      trigger_id: `${Math.random()}`,
      response_url: "",
      actions: [{ type: "button", action_id, block_id: "b", action_ts: "1.1", value }],
    });
    const body = new URLSearchParams({ payload }).toString();
    const at = Math.floor(Date.now() / 1000);
    return await stage.app.inject({
      method: "POST",
      url: "/slack/events",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        "x-slack-request-timestamp": String(at),
        "x-slack-signature": sign(SIGNING_SECRET, at, body),
      },
      payload: body,
    });
  };

  test.each([
    ["is not JSON", "restart billing", "not one of mine"],
    ["has a role of its own", JSON.stringify({ command: "restart", input: {}, role: "admin" }), "not one of mine"],
    ["names an unknown command", JSON.stringify({ command: "launch", input: {} }), "no command"],
    [
      "names an agent that the alert is not about",
      JSON.stringify({ command: "restart", input: { who: ["invoices"] }, incident: "inc-7", asked: true }),
      "inc-7 is not about invoices",
    ],
    [
      "names an alert that does not exist",
      JSON.stringify({ command: "restart", input: { who: ["billing"] }, incident: "inc-99", asked: true }),
      "There is no alert inc-99",
    ],
    [
      "has an input that the command does not take",
      JSON.stringify({ command: "restart", input: { who: ["billing"], force: true }, asked: true }),
      "force",
    ],
  ])("whose value %s does nothing", async (_, value, words) => {
    stage.rows.put(incident());
    expect((await forge(value)).statusCode).toBe(200);
    const shows = (message: Message) =>
      message.visible_to === "U0OPERATOR" && textOf(message).toLowerCase().includes(words.toLowerCase());
    await stage.slack.waitForMessage("C0OPS", shows, { user: "U0OPERATOR" });
    expect(stage.accepted).toEqual([]);
  });

  test("that was not asked about asks, whatever it looked like", async () => {
    await forge(JSON.stringify({ command: "restart", input: { who: ["billing"] } }));
    await whispered("U0OPERATOR", "*Restart billing?*");
    expect(stage.accepted).toEqual([]);
  });

  test("with a link only is acknowledged", async () => {
    expect((await forge(undefined, "link.runbook")).statusCode).toBe(200);
  });

  test("cannot restart what somebody else is restarting", async () => {
    stage.rows.put(operation({ id: "op-77" }));
    await forge(JSON.stringify({ command: "restart", input: { who: ["billing"] }, asked: true }));
    await whispered("U0OPERATOR", "already running (op-77)");
  });
});
