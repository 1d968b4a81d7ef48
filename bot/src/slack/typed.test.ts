import type { Message } from "@rollcall/local/slack/client.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type DoorStage, openDoor, textOf } from "./door-fixture.ts";

let stage: DoorStage;
beforeAll(async () => {
  stage = await openDoor();
});
beforeEach(async () => await stage.reset());
afterAll(async () => await stage.close());

const whispered = (user: string, fits: string) => stage.whispered(user, fits);
const types = (user: string, text: string) => stage.slack.says(user, "C0OPS", text);
const press = (user: string, ts: string, action_id: string) =>
  stage.slack.click({ user, channel: "C0OPS", ts, action_id });

describe("a typed command", () => {
  test("that looks is answered at once, for this person only", async () => {
    const { acks } = await types("U0VIEWER", "/fleet whoami");
    expect(acks[0]).toMatchObject({ outcome: "acked", status: 200 });
    expect(textOf(await whispered("U0VIEWER", "Viewer"))).toContain("same as `/fleet whoami`");
  });

  test("that is small and undoable runs at once", async () => {
    await types("U0OPERATOR", "/fleet start billing");
    await whispered("U0OPERATOR", "*op-1* accepted: Starting billing. See <#C0OPS>.");
    expect(stage.accepted[0]).toMatchObject({ command: "start", agents: ["billing"], actor: { id: "operator" } });
    expect(stage.accepted[0]?.idempotencyKey).toMatch(/^slack:T0LOCAL:U0OPERATOR:/);
  });

  test("that may hurt asks first, and does nothing until it is confirmed", async () => {
    await types("U0OPERATOR", '/fleet restart billing --reason "deploy"');
    const question = await whispered("U0OPERATOR", "*Restart billing?*");
    expect(textOf(question)).toContain("It is gone, so nothing running is lost.");
    expect(textOf(question)).toContain("Nothing has happened yet.");
    expect(stage.accepted).toEqual([]);
    await press("U0OPERATOR", question.ts, "do.restart.0");
    await whispered("U0OPERATOR", "*op-1* accepted: Restarting billing");
    expect(stage.accepted).toMatchObject([{ command: "restart", reason: "deploy", agents: ["billing"] }]);
    expect(textOf(await whispered("U0OPERATOR", "op-1"))).not.toContain("Nothing has happened yet");
  });

  test("can be left undone", async () => {
    await types("U0OPERATOR", "/fleet stop billing");
    const question = await whispered("U0OPERATOR", "*Stop billing?*");
    await press("U0OPERATOR", question.ts, "dismiss");
    await whispered("U0OPERATOR", "Nothing was done.");
    expect(stage.accepted).toEqual([]);
  });

  test("five times the same delivery is one operation", async () => {
    await stage.slack.send({ user: "U0OPERATOR", channel: "C0OPS", text: "/fleet start billing", times: 5 });
    expect(stage.accepted).toHaveLength(1);
  });

  test("of a viewer is refused before it is asked about, with the rule, who can, and an id, and audited", async () => {
    await types("U0VIEWER", "/fleet restart billing");
    const refusal = textOf(await whispered("U0VIEWER", "🚫 *Not done: restart billing.*"));
    expect(refusal).toContain("Restart needs operator; you are viewer from access.yaml.");
    expect(refusal).toContain("rule role-operator");
    expect(refusal).toContain("Can do it now: Operator on call");
    expect(refusal).toMatch(/ref req-/);
    expect(stage.accepted).toEqual([]);
    expect(stage.audited).toMatchObject([
      { event: "decision", actor: "viewer", door: "slack", command: "restart", decision: "refused" },
    ]);
  });

  test("of a guest is refused on Slack's word, whatever the directory says, and audited", async () => {
    await types("U0GUEST", "/fleet restart billing");
    await whispered("U0GUEST", "only members of this workspace");
    expect(stage.accepted).toEqual([]);
    expect(stage.audited).toMatchObject([{ event: "authentication", decision: "refused", rule: "slack-identity" }]);
    await types("U0GUEST", "/fleet whoami");
    await whispered("U0GUEST", "no role here");
  });

  test("for more agents than one person may touch opens a window with the plan, and nothing is done", async () => {
    await types("U0SECOND", "/fleet restart all");
    await whispered("U0SECOND", "The window shows the plan. Nothing has happened yet.");
    const view = (await stage.slack.views("U0SECOND")).stack.at(-1);
    expect(JSON.stringify(view)).toContain("these are 4 of 4 agents");
    expect(stage.accepted).toEqual([]);
  });

  test("that is refused carries a button that says why, for who presses it", async () => {
    await types("U0VIEWER", "/fleet restart billing");
    const refusal = await whispered("U0VIEWER", "🚫 *Not done: restart billing.*");
    await press("U0VIEWER", refusal.ts, "do.why.0");
    expect(textOf(await whispered("U0VIEWER", "You may not restart billing"))).toContain("rule role-operator");
    expect(stage.accepted).toEqual([]);
  });

  test("that there is not names what is near, and only what the person may use", async () => {
    await types("U0OPERATOR", "/fleet restrat billing");
    expect(textOf(await whispered("U0OPERATOR", "restrat"))).toContain("restart");
    await types("U0VIEWER", "/fleet restrat billing");
    expect(textOf(await whispered("U0VIEWER", "restrat"))).not.toMatch(/restart/);
  });

  test("with an unknown agent says what was meant, and a button does it after asking", async () => {
    await types("U0OPERATOR", "/fleet restart bilings");
    const refusal = await whispered("U0OPERATOR", "is no agent. Meant billing");
    expect(textOf(refusal)).toContain("Restart billing…");
    await press("U0OPERATOR", refusal.ts, "do.restart.0");
    await whispered("U0OPERATOR", "*Restart billing?*");
    expect(stage.accepted).toEqual([]);
  });

  test("that does not exist offers the nearest, and a button asks before it acts", async () => {
    await types("U0OPERATOR", "/fleet restrat billing");
    const refusal = await whispered("U0OPERATOR", 'No command \\"restrat\\"');
    expect(textOf(refusal)).toContain("Restart billing…");
    await press("U0OPERATOR", refusal.ts, "do.restart.0");
    await whispered("U0OPERATOR", "*Restart billing?*");
  });

  test("with --help explains instead of acting", async () => {
    await types("U0OPERATOR", "/fleet restart --help");
    await whispered("U0OPERATOR", "needs operator");
    expect(stage.accepted).toEqual([]);
  });

  test("reads what Slack made of the text", async () => {
    await types("U0OPERATOR", "/fleet start billing --reason “a <b> & c”");
    await whispered("U0OPERATOR", "op-1");
    expect(stage.accepted[0]?.reason).toBe("a <b> & c");
  });

  test.each(["<!channel>", "restart <!here>", "agents $(id) `x`", "🧨".repeat(500), "help \u202e\u0000", "--", '"'])(
    "of odd words (%#) is answered in words and mentions nobody",
    async (text) => {
      const { acks } = await types("U0OPERATOR", `/fleet ${text}`);
      expect(acks[0]).toMatchObject({ outcome: "acked", status: 200 });
      const seen = await stage.slack.messages("C0OPS", "U0OPERATOR");
      expect(seen.filter(({ visible_to }) => visible_to === "U0OPERATOR").length).toBeGreaterThan(0);
      expect(JSON.stringify(seen)).not.toMatch(/<!(channel|here)/);
      expect(stage.accepted).toEqual([]);
    },
  );
});

describe("while something is slow or away", () => {
  test("a slow store is acknowledged in time with words, then edited to what became of it", async () => {
    const release = stage.holdStore();
    const { acks } = await types("U0OPERATOR", "/fleet start billing");
    expect(acks[0]).toMatchObject({ outcome: "acked", status: 200 });
    const saving = await whispered("U0OPERATOR", "Saving…");
    expect(stage.accepted).toEqual([]);
    release();
    const told = await whispered("U0OPERATOR", "*op-1* accepted");
    expect(told.ts).toBe(saving.ts);
  });

  test("an answer reaches its asker when the address for it has expired", async () => {
    const release = stage.holdStore();
    await types("U0OPERATOR", "/fleet start billing");
    await whispered("U0OPERATOR", "Saving…");
    await stage.slack.advance(31 * 60);
    release();
    await whispered("U0OPERATOR", "*op-1* accepted");
    const calls = (await stage.slack.traffic()).map(({ kind }) => kind);
    expect(calls).toContain("chat.postEphemeral");
  });

  test("nobody changes anything while Slack does not say who they are", async () => {
    const other = await openDoor();
    try {
      await other.slack.failApi({ kind: "error", error: "internal_error", methods: ["users.info"], count: 5 });
      await other.slack.says("U0OPERATOR", "C0OPS", "/fleet start billing");
      const shows = (message: Message) => textOf(message).includes("Slack does not say who you are");
      await other.slack.waitForMessage("C0OPS", shows, { user: "U0OPERATOR" });
      expect(other.accepted).toEqual([]);
      expect(other.audited).toMatchObject([{ event: "authentication", decision: "refused" }]);
    } finally {
      await other.close();
    }
  });
});
