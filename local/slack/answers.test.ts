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

describe("response URLs", () => {
  const answer = async (url: unknown, body: object) => {
    const response = await fetch(String(url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return { status: response.status, text: await response.text() };
  };

  test("show an answer to one person or to all, replace it, and delete it", async () => {
    await stage.client.says("U0OPERATOR", "C0ALERTS", "/fleet status");
    const url = stage.app.received[0]?.payload.response_url;
    expect(await answer(url, { text: "only you" })).toEqual({ status: 200, text: "ok" });
    await answer(url, { text: "replaced", replace_original: true });
    expect(await seen()).toMatchObject([{ text: "replaced", visible_to: "U0OPERATOR" }]);
    await answer(url, { text: "all of you", response_type: "in_channel" });
    await answer(url, { delete_original: true });
    expect(await seen("C0ALERTS", "U0SECOND")).toMatchObject([{ text: "all of you", visible_to: null }]);
    expect(await seen()).toHaveLength(1);
  });

  test("of a click replace the message that was clicked", async () => {
    const ts = await postCard();
    await stage.client.click({ user: "U0OPERATOR", channel: "C0ALERTS", ts, action_id: "restart" });
    await answer(stage.app.received[0]?.payload.response_url, { text: "taken", replace_original: true });
    expect(await seen()).toMatchObject([{ ts, text: "taken", blocks: [] }]);
  });

  test("serve five times, for thirty minutes, and refuse what Slack refuses", async () => {
    await stage.client.says("U0OPERATOR", "C0ALERTS", "/fleet status");
    await stage.client.says("U0OPERATOR", "C0ALERTS", "/fleet status");
    const [first, second] = stage.app.received.map(({ payload }) => payload.response_url);
    expect(await answer(first, { blocks: [{ type: "divider" }] })).toEqual({
      status: 400,
      text: '{"ok":false,"error":"no_text"}',
    });
    expect(await answer(first, { text: "x", blocks: [{ type: "banner" }] })).toMatchObject({ status: 400 });
    expect(await answer(first, { delete_original: true })).toMatchObject({ status: 400 });
    for (let use = 3; use < 5; use += 1) expect((await answer(first, { text: "x" })).status).toBe(200);
    expect(await answer(first, { text: "x" })).toEqual({ status: 404, text: '{"ok":false,"error":"used_url"}' });
    await stage.client.advance(30 * 60 + 1);
    expect(await answer(second, { text: "x" })).toEqual({ status: 404, text: '{"ok":false,"error":"expired_url"}' });
    expect(await answer(`${stage.slack.url}/commands/T0LOCAL/1/x`, { text: "x" })).toMatchObject({ status: 404 });
  });
});

describe("modals", () => {
  const modal = (more: object = {}) => ({
    type: "modal",
    callback_id: "restart",
    title: plain("Restart"),
    submit: plain("Restart"),
    blocks: [
      {
        type: "input",
        block_id: "why",
        label: plain("Reason"),
        element: { type: "plain_text_input", action_id: "reason" },
      },
    ],
    ...more,
  });
  const trigger = async (user = "U0OPERATOR"): Promise<unknown> => {
    await stage.client.says(user, "C0ALERTS", "/fleet restart");
    return stage.app.received.at(-1)?.payload.trigger_id;
  };
  const openModal = async (more: object = {}) => {
    const answer = await stage.call("views.open", { trigger_id: await trigger(), view: modal(more) });
    return answer.view as { id: string; hash: string };
  };

  test("a trigger opens one modal, once, within three seconds", async () => {
    const trigger_id = await trigger();
    expect(await stage.call("views.open", { trigger_id, view: modal() })).toMatchObject({
      ok: true,
      view: { callback_id: "restart" },
    });
    expect(await stage.call("views.open", { trigger_id, view: modal() })).toMatchObject({
      error: "exchanged_trigger_id",
    });
    const old = await trigger();
    await stage.client.advance(3.1);
    expect(await stage.call("views.open", { trigger_id: old, view: modal() })).toMatchObject({
      error: "expired_trigger_id",
    });
    expect((await stage.client.views("U0OPERATOR")).stack).toHaveLength(1);
    expect((await stage.client.views("U0SECOND")).stack).toHaveLength(0);
  });

  test("an update with an old hash is a conflict", async () => {
    const { id, hash } = await openModal();
    expect(await stage.call("views.update", { view_id: id, hash, view: modal() })).toMatchObject({ ok: true });
    expect(await stage.call("views.update", { view_id: id, hash, view: modal() })).toMatchObject({
      error: "hash_conflict",
    });
  });

  test("three views lie on top of each other at most", async () => {
    await openModal();
    const push = async () => stage.call("views.push", { trigger_id: await trigger(), view: modal() });
    await push();
    await push();
    expect(await push()).toMatchObject({ error: "push_limit_reached" });
  });

  test("a submission comes signed with its values; errors keep the modal open, an empty ack closes it", async () => {
    const { id } = await openModal();
    const values = { why: { reason: { type: "plain_text_input", value: "dead letters" } } };
    stage.app.answer = (_, response) =>
      response.writeHead(200).end(JSON.stringify({ response_action: "errors", errors: { why: "too short" } }));
    expect(await stage.client.submit("U0OPERATOR", id, values)).toMatchObject({ errors: { why: "too short" } });
    expect((await stage.client.views("U0OPERATOR")).stack).toHaveLength(1);
    const got = stage.app.received.at(-1) as Received;
    expectSigned(got);
    expect(got.payload).toMatchObject({ type: "view_submission", view: { id, state: { values } } });
    stage.app.answer = (_, response) =>
      response
        .writeHead(200)
        .end(JSON.stringify({ response_action: "update", view: modal({ callback_id: "second" }) }));
    await stage.client.submit("U0OPERATOR", id);
    expect((await stage.client.views("U0OPERATOR")).stack).toMatchObject([{ callback_id: "second" }]);
    stage.app.answer = (_, response) => response.writeHead(200).end();
    expect(await stage.client.submit("U0OPERATOR", id)).toMatchObject({ errors: {} });
    expect((await stage.client.views("U0OPERATOR")).stack).toHaveLength(0);
  });

  test("without an ack the modal stays and says so", async () => {
    const { id } = await openModal();
    stage.app.answer = () => {};
    const { errors } = await stage.client.submit("U0OPERATOR", id);
    expect(JSON.stringify(errors)).toContain("operation_timeout");
    await stage.client.closeView("U0OPERATOR", id);
    await expect(stage.client.submit("U0OPERATOR", id)).rejects.toThrow("no open view");
  });

  test("a button inside comes with its view, and opens a second one on top", async () => {
    const { id } = await openModal({
      blocks: [{ type: "actions", elements: [{ type: "button", action_id: "plan", text: plain("See the plan") }] }],
      submit: undefined,
    });
    await stage.client.clickInView({ user: "U0OPERATOR", view_id: id, action_id: "plan" });
    const { payload } = stage.app.received.at(-1) as Received;
    expect(payload).toMatchObject({
      type: "block_actions",
      container: { type: "view", view_id: id },
      view: { id },
      actions: [{ action_id: "plan" }],
    });
    expect(await stage.call("views.push", { trigger_id: payload.trigger_id, view: modal() })).toMatchObject({
      ok: true,
    });
    expect((await stage.client.views("U0OPERATOR")).stack).toHaveLength(2);
  });

  test("closing tells the app if the view asked for it", async () => {
    const { id } = await openModal({ notify_on_close: true });
    await stage.client.closeView("U0OPERATOR", id);
    expect(stage.app.received.at(-1)?.payload).toMatchObject({ type: "view_closed", view: { id } });
  });

  test("a Home tab is published, and opening it is an event", async () => {
    await stage.client.openHome("U0VIEWER");
    expect(stage.app.received.at(-1)?.payload).toMatchObject({
      event: { type: "app_home_opened", user: "U0VIEWER", tab: "home" },
    });
    const home = { type: "home", blocks: [{ type: "divider" }] };
    expect(await stage.call("views.publish", { user_id: "U0VIEWER", view: home })).toMatchObject({ ok: true });
    expect((await stage.client.views("U0VIEWER")).home).toMatchObject({ type: "home" });
  });
});
