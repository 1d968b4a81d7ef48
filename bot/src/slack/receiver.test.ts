import { RotatingSecret } from "@rollcall/core/secrets/rotating-secret.ts";
import { sign } from "@rollcall/local/slack/delivery.ts";
import { fastify } from "fastify";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { registerSlackDoor } from "./door.ts";
import { type DoorStage, openDoor } from "./door-fixture.ts";
import { SETTINGS, SIGNING_SECRET } from "./fixtures.ts";

let stage: DoorStage;
beforeAll(async () => {
  stage = await openDoor();
});
beforeEach(async () => await stage.reset());
afterAll(async () => await stage.close());

describe("a request in Slack's name", () => {
  const body = new URLSearchParams({
    team_id: "T0LOCAL",
    user_id: "U0OPERATOR",
    channel_id: "C0OPS",
    command: "/fleet",
    text: "start billing",
    trigger_id: "1.2.abc",
    response_url: "",
  }).toString();
  const now = () => Math.floor(Date.now() / 1000);
  const FORM = "application/x-www-form-urlencoded";
  const send = (headers: Record<string, string>, payload: string | Buffer = body) =>
    stage.app.inject({ method: "POST", url: "/slack/events", headers: { "content-type": FORM, ...headers }, payload });
  const signed = (at: number, secret = SIGNING_SECRET, payload = body) => ({
    "x-slack-request-timestamp": String(at),
    "x-slack-signature": sign(secret, at, payload),
  });

  test.each([
    ["without a signature", () => ({}), "signature"],
    ["signed with another secret", () => signed(now(), "another-secret-of-somebody"), "signature"],
    ["signed with an empty secret", () => signed(now(), ""), "signature"],
    ["with the signature of another body", () => signed(now(), SIGNING_SECRET, `${body}x`), "signature"],
    [
      "with a signature of another version",
      () => ({ ...signed(now()), "x-slack-signature": signed(now())["x-slack-signature"].replace("v0", "v1") }),
      "signature",
    ],
    ["with half a signature", () => ({ ...signed(now()), "x-slack-signature": "v0=" }), "signature"],
    ["with a time that is no number", () => ({ ...signed(now()), "x-slack-request-timestamp": "soon" }), "signature"],
    ["older than five minutes", () => signed(now() - 301), "stale"],
    ["from more than a minute ahead", () => signed(now() + 62), "future"],
  ] as const)("%s is refused, counted, and does nothing", async (_, headers, why) => {
    const response = await send(headers());
    expect(response.statusCode).toBe(401);
    expect(stage.refused).toEqual([why]);
    expect(stage.accepted).toEqual([]);
  });

  test("that checks the certificate is answered, and what is smuggled with it does nothing", async () => {
    const payload = JSON.stringify({ type: "block_actions", actions: [{ action_id: "do.start.0" }] });
    const checked = await send({}, new URLSearchParams({ ssl_check: "1", payload }).toString());
    expect(checked.statusCode).toBe(200);
    for (const odd of ["ssl_check=0", "ssl_check=true", "ssl_check=1&ssl_check=1"]) {
      expect((await send({}, `${odd}&${new URLSearchParams({ payload })}`)).statusCode).toBe(401);
    }
    expect(stage.accepted).toEqual([]);
  });

  test("answers Slack's challenge", async () => {
    const payload = JSON.stringify({ type: "url_verification", challenge: "abc" });
    const headers = { ...signed(now(), SIGNING_SECRET, payload), "content-type": "application/json" };
    expect((await send(headers, payload)).json()).toEqual({ challenge: "abc" });
  });

  test.each(["[1]", "null", "{", "7"])("with the body %s is refused", async (payload) => {
    const headers = { ...signed(now(), SIGNING_SECRET, payload), "content-type": "application/json" };
    expect((await send(headers, payload)).statusCode).toBe(400);
    expect(stage.refused).toEqual(["body"]);
  });

  test("larger than a megabyte is refused before it is read", async () => {
    expect((await send({}, "x".repeat(1024 * 1024 + 1))).statusCode).toBe(413);
  });

  test("of another type is refused", async () => {
    const response = await send({ "content-type": "text/plain", ...signed(now()) });
    expect(response.statusCode).toBe(415);
  });

  test("leaves the parsers of other routes as they are", async () => {
    const response = await stage.app.inject({ method: "POST", url: "/other", payload: { a: 1 } });
    expect(response.json()).toEqual({ got: { a: 1 } });
  });

  test("replayed five times runs once", async () => {
    const headers = signed(now());
    const responses = await Promise.all(Array.from({ length: 5 }, () => send(headers)));
    expect(responses.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200, 200]);
    expect(stage.accepted).toHaveLength(1);
  });

  test("does not start a door whose secret is too short to be one", async () => {
    const deps = {
      settings: { ...SETTINGS, signingSecret: new RotatingSecret("") },
      ports: {},
      commands: [],
      log: {},
    } as never;
    await expect(registerSlackDoor(fastify(), deps)).rejects.toThrow("SLACK_SIGNING_SECRET");
  });
});
