import { App, LogLevel } from "@slack/bolt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findFreePort } from "../tools/free-port.ts";
import { SECRET, type Stage, setStage, TOKEN } from "./test-app.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.close());

const card = [
  {
    type: "actions",
    elements: [{ type: "button", action_id: "restart", text: { type: "plain_text", text: "Restart" } }],
  },
];

describe("Bolt", () => {
  test("takes commands, clicks and events as they come, and answers", async () => {
    const port = await findFreePort();
    const app = new App({
      token: TOKEN,
      signingSecret: SECRET,
      botId: "B0FLEET",
      botUserId: "U0FLEET",
      logLevel: LogLevel.ERROR,
      clientOptions: { slackApiUrl: `${stage.slack.url}/api/` },
      convoStore: false,
    });
    app.command("/fleet", async ({ ack, respond, command }) => {
      await ack();
      await respond({ text: `you said ${command.text}`, response_type: "ephemeral" });
    });
    app.action("restart", async ({ ack, client, body }) => {
      await ack();
      if (body.type === "block_actions")
        await client.chat.update({
          channel: "C0ALERTS",
          ts: body.message?.ts ?? "",
          text: `restarting for ${body.user.id}`,
        });
    });
    app.event("app_mention", async ({ event, say }) => {
      await say({ text: "here", thread_ts: event.ts });
    });
    await app.start({ port, host: "127.0.0.1" });
    await stage.client.deliverTo(`http://127.0.0.1:${port}/slack/events`);
    try {
      expect(await stage.client.says("U0OPERATOR", "C0ALERTS", "/fleet status")).toMatchObject({
        acks: [{ outcome: "acked" }],
      });
      await stage.client.waitForMessage("C0ALERTS", ({ text }) => text === "you said status", { user: "U0OPERATOR" });
      const posted = await stage.call("chat.postMessage", { channel: "C0ALERTS", text: "card", blocks: card });
      const ts = String(posted.ts);
      await stage.client.click({ user: "U0SECOND", channel: "C0ALERTS", ts, action_id: "restart" });
      await stage.client.waitForMessage("C0ALERTS", ({ text }) => text === "restarting for U0SECOND");
      await stage.client.says("U0VIEWER", "C0OPS", "@fleet hello");
      const reply = await stage.client.waitForMessage("C0OPS", ({ text }) => text === "here");
      expect(reply.thread_ts).not.toBeNull();
    } finally {
      await app.stop();
      await stage.client.deliverTo(stage.app.url);
    }
  });
});
