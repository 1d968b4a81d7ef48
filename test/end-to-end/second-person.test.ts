import type { Message } from "@rollcall/local/slack/client.ts";
import { describe, expect, test } from "vitest";
import { eventually, OPERATOR, OPS, stackUnderTest } from "./stack-under-test.ts";

const SECOND = "U0SECOND";
/** Harmless: none is P0, and no other test breaks them. */
const AGENTS = ["api-budget-keeper", "fatigue-checker", "revision-handler", "webhook-receiver"];

interface Operation {
  readonly state: string;
  readonly ending: string | null;
}

describe("a restart of four agents", () => {
  test("waits for a second person, is refused to who asked, and then happens once to each agent", async () => {
    const stack = stackUnderTest();
    const startsOf = (agent: string): number => stack.ledger(agent).filter(({ kind }) => kind === "started").length;
    const before = AGENTS.map(startsOf);
    const press = (user: string, { channel, ts }: Message) =>
      stack.slack.click({ user, channel, ts, action_id: "do.approve.0" });
    const seen = (user: string, words: string) =>
      stack.slack.waitForMessage(
        OPS,
        (message) => message.visible_to === user && JSON.stringify(message.blocks).includes(words),
        { user },
      );

    await stack.slack.says(OPERATOR, OPS, `/fleet restart ${AGENTS.join(" ")}`);
    await seen(OPERATOR, "The window shows the plan. Nothing has happened yet.");
    const [window] = (await stack.slack.views(OPERATOR)).stack as { id: string }[];
    expect(JSON.stringify(window), "what it would do").toMatch(/4 agents, 18 % of the fleet, \d batches of ≤ \d/);
    const reason = { reason: { reason: { type: "plain_text_input", value: "new release" } } };
    await stack.slack.submit(OPERATOR, window?.id ?? "", reason);
    const asked = await stack.slack.waitForMessage(OPS, ({ text }) => text.startsWith("Waiting for a second person"));
    expect(JSON.stringify(asked.blocks)).toMatch(/\\"new release\\" · 4 of 22 agents · ends /);
    const [id] = /req-\d+/.exec(asked.text) ?? [];

    await press(OPERATOR, asked);
    await seen(OPERATOR, `You asked for ${id}, so somebody else approves it.`);
    const token = await stack.api(
      `/api/v1/commands/approve`,
      { input: { request: id } },
      { "idempotency-key": "by-token" },
    );
    expect(token.status).toBe(403);
    expect(AGENTS.map(startsOf)).toEqual(before);

    await press(SECOND, asked);
    await seen(SECOND, `${id} approved`);
    const shown = await stack.slack.waitForMessage(
      OPS,
      ({ ts, text }) => ts === asked.ts && text.startsWith("Approved"),
    );
    expect(JSON.stringify(shown.blocks)).not.toContain("do.approve");
    const { body } = await stack.api(`/api/v1/requests/${id}`);
    const { request } = body as { request: { operationId: string; state: string } };
    const ended = await eventually("the restart has ended", async () => {
      const answer = await stack.api(`/api/v1/operations/${request.operationId}`);
      const { operation } = answer.body as { operation: Operation };
      return operation.state === "ended" && operation;
    });
    expect(ended.ending).toMatch(/recovered|done/);
    expect(AGENTS.map(startsOf)).toEqual(before.map((count) => count + 1));
    const aboutIt = (await stack.slack.messages(OPS)).filter(({ text }) => text.includes(`(${id})`));
    expect(aboutIt, "one message for the request, none for its approval").toHaveLength(1);
  });
});
