import { WebClient } from "@slack/web-api";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Stage, setStage, TOKEN } from "./test-app.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.close());
beforeEach(() => stage.client.clear());

const post = (more: Record<string, unknown> = {}) =>
  stage.call("chat.postMessage", { channel: "C0ALERTS", text: "x", ...more });

describe("who may call", () => {
  test("no token is not_authed, another token is invalid_auth, an unknown method says so", async () => {
    expect(await stage.call("auth.test", {}, null)).toEqual({ ok: false, error: "not_authed" });
    expect(await stage.call("auth.test", {}, "xoxb-other")).toEqual({ ok: false, error: "invalid_auth" });
    expect(await stage.call("chat.shout")).toEqual({ ok: false, error: "unknown_method" });
  });
  test("the bot is who the configuration says", async () => {
    expect(await stage.call("auth.test")).toMatchObject({
      ok: true,
      team_id: "T0LOCAL",
      user_id: "U0FLEET",
      bot_id: "B0FLEET",
    });
  });
});

describe("refusals of messages", () => {
  test.each([
    ["an unknown channel", "chat.postMessage", { channel: "C0NONE", text: "x" }, "channel_not_found"],
    ["no channel", "chat.postMessage", { text: "x" }, "invalid_arguments"],
    ["no text", "chat.postMessage", { channel: "C0OPS" }, "no_text"],
    ["blocks without text", "chat.postMessage", { channel: "C0OPS", blocks: [{ type: "divider" }] }, "no_text"],
    ["a text of 40,001", "chat.postMessage", { channel: "C0OPS", text: "x".repeat(40_001) }, "msg_too_long"],
    [
      "an unknown block",
      "chat.postMessage",
      { channel: "C0OPS", text: "x", blocks: [{ type: "banner" }] },
      "invalid_blocks",
    ],
    [
      "blocks that are no JSON",
      "chat.postMessage",
      { channel: "C0OPS", text: "x", blocks: "[{" },
      "invalid_blocks_format",
    ],
    ["an unknown thread", "chat.postMessage", { channel: "C0OPS", text: "x", thread_ts: "1.2" }, "thread_not_found"],
    ["attachments", "chat.postMessage", { channel: "C0OPS", text: "x", attachments: "[]" }, "invalid_attachments"],
    [
      "metadata without payload",
      "chat.postMessage",
      { channel: "C0OPS", text: "x", metadata: { event_type: "a" } },
      "invalid_metadata_schema",
    ],
    [
      "metadata of 9 kB",
      "chat.postMessage",
      { channel: "C0OPS", text: "x", metadata: { event_type: "a", event_payload: { x: "y".repeat(9000) } } },
      "metadata_too_large",
    ],
    ["an edit of nothing", "chat.update", { channel: "C0OPS", ts: "1.2", text: "x" }, "message_not_found"],
    ["a deletion of nothing", "chat.delete", { channel: "C0OPS", ts: "1.2" }, "message_not_found"],
    ["a link to nothing", "chat.getPermalink", { channel: "C0OPS", message_ts: "1.2" }, "message_not_found"],
    [
      "an unknown reader",
      "chat.postEphemeral",
      { channel: "C0OPS", user: "U0NOBODY", text: "x" },
      "user_not_in_channel",
    ],
    ["an unknown person", "users.info", { user: "U0NOBODY" }, "user_not_found"],
    ["a channel without name", "conversations.info", { channel: "C0NONE" }, "channel_not_found"],
    ["a direct message to nobody", "conversations.open", { users: "U0NOBODY" }, "user_not_found"],
    ["a limit of 1000", "conversations.history", { channel: "C0OPS", limit: "1000" }, "invalid_arguments"],
    ["a cursor of its own", "conversations.history", { channel: "C0OPS", cursor: "abc" }, "invalid_cursor"],
    ["a time that is none", "conversations.history", { channel: "C0OPS", oldest: "abc" }, "invalid_ts_oldest"],
    ["replies of nothing", "conversations.replies", { channel: "C0OPS", ts: "1.2" }, "thread_not_found"],
    [
      "a made-up trigger",
      "views.open",
      { trigger_id: "1.2.3", view: { type: "modal", title: { type: "plain_text", text: "x" }, blocks: [] } },
      "invalid_trigger_id",
    ],
    ["a home as modal", "views.open", { trigger_id: "1.2.3", view: { type: "home", blocks: [] } }, "invalid_arguments"],
    ["no view", "views.open", { trigger_id: "1.2.3" }, "invalid_arguments"],
    ["an update of no view", "views.update", { view_id: "V0", view: {} }, "not_found"],
    [
      "a home of nobody",
      "views.publish",
      { user_id: "U0NOBODY", view: { type: "home", blocks: [] } },
      "user_not_found",
    ],
    ["an upload without length", "files.getUploadURLExternal", { filename: "a" }, "invalid_arguments"],
    ["a file that never came", "files.completeUploadExternal", { files: [{ id: "F0" }] }, "file_not_found"],
  ])("%s: %s", async (...[, method, args, error]) => {
    expect(await stage.call(method, args)).toMatchObject({ ok: false, error });
  });

  test("invalid blocks are named", async () => {
    const answer = await post({ blocks: [{ type: "divider", colour: "red" }] });
    expect(answer.response_metadata).toEqual({
      messages: ["[ERROR] invalid additional property: colour [json-pointer:/blocks/0]"],
    });
  });

  test("a channel that the bot has left, and one that is archived", async () => {
    await stage.client.setMembership({ channel: "C0AUDIT", user: "U0FLEET", member: false });
    expect(await stage.call("chat.postMessage", { channel: "C0AUDIT", text: "x" })).toMatchObject({
      error: "not_in_channel",
    });
    await stage.client.setMembership({ channel: "C0AUDIT", user: "U0FLEET", archived: true });
    expect(await stage.call("chat.postMessage", { channel: "C0AUDIT", text: "x" })).toMatchObject({
      error: "is_archived",
    });
    await stage.client.setMembership({ channel: "C0AUDIT", archived: false });
  });

  test("somebody else's message can be neither edited nor deleted", async () => {
    await stage.client.says("U0OPERATOR", "C0OPS", "hello");
    const { ts } = await stage.client.waitForMessage("C0OPS", ({ text }) => text === "hello");
    expect(await stage.call("chat.update", { channel: "C0OPS", ts, text: "x" })).toMatchObject({
      error: "cant_update_message",
    });
    expect(await stage.call("chat.delete", { channel: "C0OPS", ts })).toMatchObject({ error: "cant_delete_message" });
  });
});

describe("messages", () => {
  const blocks = [{ type: "section", text: { type: "mrkdwn", text: "*x*" } }];

  test("an edit with text alone drops the blocks, and every version is kept", async () => {
    const { ts } = await post({ blocks });
    expect(await stage.call("chat.update", { channel: "C0ALERTS", ts, text: "y" })).toMatchObject({
      ok: true,
      ts,
      text: "y",
    });
    const [message] = await stage.client.messages("C0ALERTS");
    expect(message?.blocks).toEqual([]);
    expect(message?.versions.map(({ text }) => text)).toEqual(["x", "y"]);
  });

  test("an edit of 4,001 characters is refused", async () => {
    const { ts } = await post();
    expect(await stage.call("chat.update", { channel: "C0ALERTS", ts, text: "x".repeat(4001) })).toMatchObject({
      error: "msg_too_long",
    });
  });

  test("history is newest first, without thread replies, in pages, and shows metadata only when asked", async () => {
    const first = await post({ metadata: { event_type: "op", event_payload: { id: "op-1" } } });
    await post({ text: "reply", thread_ts: first.ts });
    await post({ text: "second" });
    const history = await stage.call("conversations.history", { channel: "C0ALERTS", limit: "1" });
    expect(history).toMatchObject({ has_more: true, messages: [{ text: "second" }] });
    const cursor = (history.response_metadata as { next_cursor: string }).next_cursor;
    const rest = await stage.call("conversations.history", { channel: "C0ALERTS", cursor });
    expect(rest).toMatchObject({ has_more: false, messages: [{ text: "x", reply_count: 1, thread_ts: first.ts }] });
    expect(rest.messages).not.toMatchObject([{ metadata: {} }]);
    const full = await stage.call("conversations.history", {
      channel: "C0ALERTS",
      include_all_metadata: "true",
      latest: first.ts,
      inclusive: "true",
    });
    expect(full.messages).toMatchObject([{ text: "x", metadata: { event_payload: { id: "op-1" } } }]);
    expect(await stage.call("conversations.replies", { channel: "C0ALERTS", ts: first.ts })).toMatchObject({
      messages: [{ text: "x" }, { text: "reply" }],
    });
  });

  test("only its reader sees an ephemeral message, and it cannot be edited", async () => {
    const { message_ts } = await stage.call("chat.postEphemeral", {
      channel: "C0OPS",
      user: "U0VIEWER",
      text: "only you",
    });
    expect(await stage.client.messages("C0OPS")).toEqual([]);
    expect(await stage.client.messages("C0OPS", "U0SECOND")).toEqual([]);
    expect(await stage.client.messages("C0OPS", "U0VIEWER")).toMatchObject([{ text: "only you" }]);
    expect(await stage.call("chat.update", { channel: "C0OPS", ts: message_ts, text: "x" })).toMatchObject({
      error: "message_not_found",
    });
  });

  test("a person's id as channel is the direct channel", async () => {
    expect(await stage.call("chat.postMessage", { channel: "U0VIEWER", text: "hi" })).toMatchObject({
      ok: true,
      channel: "D0VIEWER",
    });
    expect(await stage.call("conversations.open", { users: "U0VIEWER" })).toMatchObject({
      channel: { id: "D0VIEWER", is_im: true },
    });
  });

  test("people have the shape that identity checks need", async () => {
    expect(await stage.call("users.info", { user: "U0OPERATOR" })).toMatchObject({
      user: {
        team_id: "T0LOCAL",
        deleted: false,
        is_bot: false,
        is_restricted: false,
        is_ultra_restricted: false,
        is_stranger: false,
        is_email_confirmed: true,
        profile: { email: "operator@example.test" },
      },
    });
    expect(await stage.call("users.info", { user: "U0GUEST" })).toMatchObject({
      user: { team_id: "T0OTHER", is_stranger: true },
    });
  });

  test("a reaction counts once", async () => {
    const { ts } = await post();
    const react = () => stage.call("reactions.add", { channel: "C0ALERTS", timestamp: ts, name: "eyes" });
    expect(await react()).toEqual({ ok: true });
    expect(await react()).toMatchObject({ error: "already_reacted" });
    expect(await stage.call("reactions.add", { channel: "C0ALERTS", timestamp: ts, name: "Ä" })).toMatchObject({
      error: "invalid_name",
    });
  });

  test("a deleted message is gone", async () => {
    const { ts } = await post();
    expect(await stage.call("chat.delete", { channel: "C0ALERTS", ts })).toMatchObject({ ok: true });
    expect(await stage.client.messages("C0ALERTS")).toEqual([]);
  });

  test("a JSON body is taken, a broken one refused", async () => {
    const send = async (body: string) => {
      const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json; charset=utf-8" };
      return (await fetch(`${stage.slack.url}/api/chat.postMessage`, { method: "POST", headers, body })).json();
    };
    expect(await send(JSON.stringify({ channel: "C0OPS", text: "x", blocks }))).toMatchObject({ ok: true });
    expect(await send("{")).toMatchObject({ ok: false, error: "invalid_json" });
    expect(await send(`{"channel":{"a":1},"text":"x"}`)).toMatchObject({ ok: false, error: "invalid_arguments" });
    expect(await send(`{"__proto__":{"channel":"C0OPS"},"text":"x"}`)).toMatchObject({
      ok: false,
      error: "invalid_arguments",
    });
  });
});

describe("Slack's own client", () => {
  test("posts, edits, links, uploads a file and reads it back", async () => {
    const slack = new WebClient(TOKEN, { slackApiUrl: `${stage.slack.url}/api/`, timeout: 5_000 });
    const posted = await slack.chat.postMessage({ channel: "C0ALERTS", text: "card", blocks: [{ type: "divider" }] });
    await slack.chat.update({ channel: "C0ALERTS", ts: posted.ts as string, text: "card 2" });
    const { permalink } = await slack.chat.getPermalink({ channel: "C0ALERTS", message_ts: posted.ts as string });
    expect(permalink).toContain("/archives/C0ALERTS/p");
    await slack.files.uploadV2({
      channel_id: "C0ALERTS",
      thread_ts: posted.ts as string,
      filename: "errors.log",
      content: "five lines",
    });
    const reply = await stage.client.waitForMessage("C0ALERTS", ({ thread_ts }) => thread_ts === posted.ts);
    expect(reply.files).toMatchObject([{ name: "errors.log", size: 10 }]);
    expect(await (await fetch(`${stage.slack.url}/files/${reply.files[0]?.id}`)).text()).toBe("five lines");
    await expect(slack.chat.postMessage({ channel: "C0NONE", text: "x" })).rejects.toMatchObject({
      data: { error: "channel_not_found" },
    });
  });
});
