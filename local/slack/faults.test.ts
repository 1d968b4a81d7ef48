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

describe("rate limits", () => {
  const status = async (method: string, body: Record<string, string>) => {
    const response = await fetch(`${stage.slack.url}/api/${method}`, {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN}` },
      body: new URLSearchParams(body),
    });
    await response.arrayBuffer();
    return { status: response.status, retryAfter: response.headers.get("retry-after") };
  };

  test("a channel takes a short burst, then one message a second; other channels are free", async () => {
    await stage.client.limitRates(true);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => status("chat.postMessage", { channel: "C0ALERTS", text: "x" })),
    );
    expect(answers.filter((answer) => answer.status === 429).length).toBeGreaterThan(0);
    expect(answers.find((answer) => answer.status === 429)?.retryAfter).toBe("1");
    expect((await status("chat.postMessage", { channel: "C0OPS", text: "x" })).status).toBe(200);
    await stage.client.advance(2);
    expect((await status("chat.postMessage", { channel: "C0ALERTS", text: "x" })).status).toBe(200);
    await stage.client.limitRates(false);
  });

  test("the 51st edit within a minute has to wait", async () => {
    const { ts } = await post();
    await stage.client.advance(60);
    await stage.client.limitRates(true);
    for (let edit = 0; edit < 50; edit += 1) {
      expect((await status("chat.update", { channel: "C0ALERTS", ts: String(ts), text: `${edit}` })).status).toBe(200);
    }
    const refused = await status("chat.update", { channel: "C0ALERTS", ts: String(ts), text: "51" });
    expect(refused.status).toBe(429);
    expect(Number(refused.retryAfter)).toBeGreaterThan(30);
    await stage.client.limitRates(false);
  });
});

describe("faults", () => {
  const send = () => post().catch(() => "no answer");

  test("429, 500, an error name, a reset: each as often as asked, then all is well", async () => {
    await stage.client.failApi({ kind: "ratelimited", retry_after_seconds: 7 });
    await stage.client.failApi({ kind: "http", status: 503 });
    await stage.client.failApi({ kind: "error", error: "token_revoked" });
    await stage.client.failApi({ kind: "reset" });
    expect(await send()).toEqual({ ok: false, error: "ratelimited" });
    expect(await send()).toEqual({ ok: false, error: "internal_error" });
    expect(await send()).toEqual({ ok: false, error: "token_revoked" });
    expect(await send()).toBe("no answer");
    expect(await send()).toMatchObject({ ok: true });
    expect(await stage.client.messages("C0ALERTS")).toHaveLength(1);
  });

  test("a lost answer leaves the message standing", async () => {
    await stage.client.failApi({ kind: "lost", methods: ["chat.postMessage"] });
    expect(await stage.call("auth.test")).toMatchObject({ ok: true });
    expect(await send()).toBe("no answer");
    expect(await stage.client.messages("C0ALERTS")).toHaveLength(1);
  });

  test("a hanging call ends only when the caller gives up", async () => {
    await stage.client.failApi({ kind: "hang" });
    const slack = new WebClient(TOKEN, {
      slackApiUrl: `${stage.slack.url}/api/`,
      timeout: 300,
      retryConfig: { retries: 0 },
    });
    await expect(slack.auth.test()).rejects.toThrow();
    await stage.client.failApi({ kind: "hang", count: 9 });
    await stage.client.clearFaults();
    expect(await stage.call("auth.test")).toMatchObject({ ok: true });
  });
});

describe("strangers at the door", () => {
  test("a page of another origin or another host name may not call", async () => {
    const from = (headers: Record<string, string>) =>
      stage.slack.app.inject({ method: "POST", url: "/control/clear", headers });
    expect((await from({ host: "127.0.0.1:8090", origin: "https://evil.example" })).statusCode).toBe(403);
    expect((await from({ host: "evil.example:8090" })).statusCode).toBe(403);
    expect((await from({ host: "127.0.0.1:8090", origin: "http://127.0.0.1:8090" })).statusCode).toBe(200);
  });

  test("bad input gets a JSON answer and the server goes on", async () => {
    const send = (url: string, body: string) =>
      stage.slack.app.inject({ method: "POST", url, payload: body, headers: { host: "localhost" } });
    expect((await send("/control/say", "{")).json()).toEqual({ code: "invalid_input", message: "the body is no JSON" });
    expect((await send("/control/say", `{"user":"U0OPERATOR","x":1}`)).json()).toMatchObject({ code: "invalid_input" });
    expect((await send("/control/nothing", "{}")).json()).toMatchObject({ code: "not_found" });
    expect((await send("/api/chat.postMessage", "x".repeat(12 * 1024 * 1024))).statusCode).toBe(413);
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    expect(await post({ blocks: deep })).toMatchObject({ ok: false });
    expect((await stage.slack.app.inject({ url: "/health", headers: { host: "localhost" } })).json()).toEqual({
      status: "ok",
    });
  });
});
