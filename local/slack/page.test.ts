import { launchChromium } from "@rollcall/test/chromium.ts";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { createPagerDutyStandIn } from "../pagerduty/stand-in.ts";
import { expectSigned, type Received, type Stage, setStage } from "./test-app.ts";

let stage: Stage;
let browser: Browser;
let page: Page;
const broken: string[] = [];

beforeAll(async () => {
  browser = await launchChromium(inject("toolsDir"));
  stage = await setStage();
}, 300_000);
afterAll(async () => {
  await browser.close();
  await stage.close();
});
beforeEach(async () => {
  stage.app.received.length = 0;
  broken.length = 0;
  stage.app.answer = (_request, response) => response.writeHead(200).end();
  await stage.client.clear();
  await page?.context().close();
  page = await (await browser.newContext({ viewport: { width: 1280, height: 860 } })).newPage();
  page.on("pageerror", (error) => broken.push(error.message));
  page.on("console", (message) => message.type() === "error" && broken.push(message.text()));
  page.on(
    "request",
    (request) => !request.url().startsWith(stage.slack.url) && broken.push(`left for ${request.url()}`),
  );
});

const plain = (text: string) => ({ type: "plain_text", text });
const confirm = {
  title: plain("Restart billing?"),
  text: plain("Nothing running is lost."),
  confirm: plain("Restart billing"),
  deny: plain("Not now"),
};
const card = (headline: string) => [
  { type: "section", text: { type: "mrkdwn", text: headline } },
  {
    type: "actions",
    elements: [
      { type: "button", action_id: "restart", value: "billing", style: "danger", text: plain("Restart"), confirm },
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

async function open(): Promise<void> {
  await page.goto(stage.slack.url);
  await page.getByText("● live").waitFor();
}

async function type(text: string): Promise<void> {
  await page.getByLabel("Message #fleet-alerts").fill(text);
  await page.keyboard.press("Enter");
}

describe("the page", () => {
  test("a typed command reaches the app signed, its answer is shown, and the hint goes once the first thing is tried", async () => {
    stage.app.answer = (_, response) => response.writeHead(200).end("22 of 22 working");
    await open();
    await page.getByText("Stand-in, not Slack.").waitFor();
    await page.getByRole("button", { name: "/fleet roll-call" }).click();
    expect(await page.getByLabel("Message #fleet-alerts").inputValue()).toBe("/fleet roll-call");
    await page.getByText("/fleet help shows what you may do").waitFor();
    await page.keyboard.press("Enter");
    await page.getByText("22 of 22 working").waitFor();
    await page.getByText("Only visible to you").waitFor();
    expectSigned(stage.app.received[0] as Received);
    expect(stage.app.received[0]?.payload).toMatchObject({
      command: "/fleet",
      text: "roll-call",
      user_id: "U0OPERATOR",
    });
    await page.getByText("Three things to try").waitFor({ state: "hidden" });
    expect(broken).toEqual([]);
  });

  test("a button with a confirm asks first: no sends nothing, yes sends one signed click; the edit is drawn at once", async () => {
    const { ts } = await stage.call("chat.postMessage", {
      channel: "C0ALERTS",
      text: "P0 billing is gone",
      blocks: card("*billing is gone*"),
    });
    await open();
    await page.getByRole("button", { name: "Restart", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Restart billing?" });
    await dialog.getByRole("button", { name: "Not now" }).click();
    await dialog.waitFor({ state: "detached" });
    expect(stage.app.received).toEqual([]);
    await page.getByRole("button", { name: "Restart", exact: true }).click();
    await dialog.getByRole("button", { name: "Restart billing" }).click();
    await expect.poll(() => stage.app.received.length).toBe(1);
    expectSigned(stage.app.received[0] as Received);
    expect(stage.app.received[0]?.payload).toMatchObject({
      user: { id: "U0OPERATOR" },
      actions: [{ action_id: "restart", value: "billing" }],
    });
    await stage.call("chat.update", { channel: "C0ALERTS", ts, text: "billing recovered in 41 s" });
    await page.getByText("billing recovered in 41 s").waitFor();
    expect(await page.getByRole("button", { name: "Restart", exact: true }).count()).toBe(0);
    expect(broken).toEqual([]);
  });

  test("an overflow is worked by keyboard", async () => {
    await stage.call("chat.postMessage", { channel: "C0ALERTS", text: "card", blocks: card("x") });
    await open();
    await page.getByRole("button", { name: "More actions" }).press("Enter");
    await page.getByRole("menuitem", { name: "Logs" }).press("ArrowDown");
    await page.keyboard.press("Enter");
    await expect
      .poll(() => stage.app.received[0]?.payload.actions)
      .toMatchObject([{ selected_option: { value: "silence" } }]);
  });

  test("text of others is never markup, and dates are shown in the reader's zone", async () => {
    await stage.client.says("U0VIEWER", "C0ALERTS", "<img src=x onerror=alert(1)> & <b>bold</b>");
    const blocks = card(
      "<!date^1795142468^{date_num} {time_secs}|02:41:08 UTC> <javascript:alert(1)|press> `code` *bold* <@U0SECOND>",
    );
    await stage.call("chat.postMessage", { channel: "C0ALERTS", text: "x", blocks });
    await open();
    await page.getByText("<img src=x onerror=alert(1)> & <b>bold</b>").waitFor();
    const zone = await page.evaluate(() => new Date(1795142468000).toTimeString().slice(0, 8));
    await page.getByText(zone).waitFor();
    expect(await page.locator("#messages code").innerText()).toBe("code");
    expect(await page.locator("#messages .mention").innerText()).toBe("@Second admin");
    expect(await page.locator('#messages a[href^="javascript"]').count()).toBe(0);
    expect(broken).toEqual([]);
  });

  test("a modal is filled and submitted, faults appear at the field", async () => {
    stage.app.answer = (_, response) => {
      response
        .writeHead(200)
        .end(JSON.stringify({ response_action: "errors", errors: { why: "at least ten letters" } }));
    };
    await open();
    await type("/fleet restart billing");
    await expect.poll(() => stage.app.received.length).toBe(1);
    const input = {
      type: "input",
      block_id: "why",
      label: plain("Reason"),
      element: { type: "plain_text_input", action_id: "reason" },
    };
    const view = {
      type: "modal",
      title: plain("Restart"),
      submit: plain("Ask"),
      close: plain("Close"),
      blocks: [input],
    };
    await stage.call("views.open", { trigger_id: stage.app.received[0]?.payload.trigger_id, view });
    await page.getByLabel("Reason").fill("too slow");
    await page.getByRole("button", { name: "Ask" }).click();
    await page.getByText("at least ten letters").waitFor();
    expect(stage.app.received[1]?.payload).toMatchObject({
      view: { state: { values: { why: { reason: { value: "too slow" } } } } },
    });
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
  });

  test("a thread opens beside its message and is answered there; another person sees their own direct channel", async () => {
    const { ts } = await stage.call("chat.postMessage", { channel: "C0ALERTS", text: "billing is gone" });
    await stage.call("chat.postMessage", { channel: "C0ALERTS", text: "five error lines", thread_ts: ts });
    await open();
    await page.getByRole("button", { name: /^1 reply/ }).click();
    await page.locator("#thread").getByText("five error lines").waitFor();
    await page.getByLabel("Reply in thread").fill("@fleet logs");
    await page.keyboard.press("Enter");
    await expect.poll(() => stage.app.received[0]?.payload.event).toMatchObject({ type: "app_mention", thread_ts: ts });
    await page.getByLabel("I am").selectOption("U0SECOND");
    await page.getByRole("button", { name: /^fleet/ }).click();
    await stage.call("chat.postMessage", { channel: "U0SECOND", text: "only for the second admin" });
    await page.locator("#messages").getByText("only for the second admin").waitFor();
    const elsewhere = await stage.call("chat.postMessage", { channel: "C0OPS", text: "running" });
    await stage.call("chat.update", { channel: "C0OPS", ts: elsewhere.ts, text: "done" });
    await page.getByRole("button", { name: "#fleet-ops 1 new" }).waitFor();
  });

  test("the drawer shows each request as sent and each answer with its milliseconds", async () => {
    await open();
    await page.getByRole("button", { name: "Requests" }).click();
    await type("/fleet status");
    const row = page.locator("#drawer summary", { hasText: "/fleet status" });
    await row.getByText("acked").waitFor();
    expect(await row.locator(".ms").innerText()).toMatch(/^\d+ ms$/);
    await row.click();
    await page.locator("#drawer pre", { hasText: "x-slack-signature: v0=" }).first().waitFor();
  });

  test("on a phone nothing is wider than the screen, and both switches work", async () => {
    await stage.call("chat.postMessage", { channel: "C0ALERTS", text: "card", blocks: card("billing ".repeat(30)) });
    await page.setViewportSize({ width: 375, height: 780 });
    await open();
    await page.getByText("billing billing").waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(375);
    const dark = page.getByRole("button", { name: "Dark" });
    const before = await dark.getAttribute("aria-pressed");
    await dark.click();
    expect(await dark.getAttribute("aria-pressed")).not.toBe(before);
    await page.setViewportSize({ width: 1280, height: 860 });
    await page.getByRole("button", { name: "375 px" }).click();
    expect((await page.locator(".phone").boundingBox())?.width).toBe(375);
  });
});

describe("PagerDuty's page", () => {
  test("lists what rings, live", async () => {
    const routingKey = "0123456789abcdef0123456789abcdef";
    const pager = await createPagerDutyStandIn({ port: 0, routingKey });
    await page.goto(pager.url);
    await page.getByText("Nothing has rung yet.").waitFor();
    const payload = { summary: "P0 billing is gone", source: "rollcall", severity: "critical" };
    const body = JSON.stringify({ routing_key: routingKey, event_action: "trigger", dedup_key: "k", payload });
    await fetch(`${pager.url}/v2/enqueue`, { method: "POST", body });
    await page.getByRole("heading", { name: "P0 billing is gone" }).waitFor();
    // From its beginning: the time in the log may end in a 1, too.
    await page.getByText(/^1 triggered · 0 acknowledged/).waitFor();
    await pager.close();
  });
});
