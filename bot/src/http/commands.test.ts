import { apiCommands, apiError } from "@rollcall/core/contract.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { apiAccepted } from "@rollcall/core/operation-contract.ts";
import { describe, expect, test } from "vitest";
import { callers, makeApp } from "./app-fixture.ts";

const WISH = { "idempotency-key": "wish-0001" };
const get = async (url: string) => makeApp().app.inject({ url: `/api/v1${url}`, headers: callers.viewer });

describe("GET /api/v1/commands", () => {
  test("lists every command with role, danger, examples and the JSON Schema of its input", async () => {
    const { commands } = apiCommands.parse((await get("/commands")).json());
    expect(commands.map(({ name, kind, role, danger }) => [name, kind, role, danger])).toEqual([
      ["status", "read", "viewer", 0],
      ["restart", "act", "operator", 2],
    ]);
    expect(commands[1]?.input).toMatchObject({
      type: "object",
      additionalProperties: false,
      required: ["who"],
      properties: { who: { type: "array", minItems: 1 } },
    });
  });
});

describe("what the catalogue offers", () => {
  test("is what the caller may ask for, and says of the rest why not", async () => {
    const seen = async (headers: Record<string, string>) => {
      const answer = await makeApp().app.inject({ url: "/api/v1/commands", headers });
      return apiCommands.parse(answer.json()).commands.map(({ name, mayAsk, whyNot }) => [name, mayAsk, whyNot]);
    };
    expect(await seen(callers.viewer)).toEqual([
      ["status", true, null],
      ["restart", false, "restart needs operator; you are viewer from access.yaml"],
    ]);
    expect(await seen(callers.operator)).toEqual([
      ["status", true, null],
      ["restart", true, null],
    ]);
  });
});

describe("POST /api/v1/commands/:name", () => {
  const post = (made: ReturnType<typeof makeApp>, name: string, more: { headers?: object; body?: unknown } = {}) =>
    made.app.inject({
      method: "POST",
      url: `/api/v1/commands/${name}`,
      headers: { ...callers.operator, ...more.headers },
      body: (more.body ?? { input: { who: ["billing"] } }) as object,
    });

  test("of a read is answered at once with words and data", async () => {
    const made = makeApp();
    const answer = await post(made, "status", { body: { input: {} } });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ report: { headline: "all work" }, data: { working: 22, door: "http" } });
  });

  test("by the terminal is counted as the terminal's", async () => {
    const made = makeApp();
    await post(made, "status", { headers: { "x-rollcall-door": "terminal" } });
    await post(made, "status", { headers: { "x-rollcall-door": "slack" } });
    expect(made.seen.requests.map(({ door }) => door)).toEqual(["terminal", "http"]);
  });

  test("of an act is accepted with an operation and its address, and hands over who, why and the request's id", async () => {
    const made = makeApp();
    const answer = await post(made, "restart", {
      headers: { ...WISH, "x-request-id": "ticket-4711" },
      body: { input: { who: ["billing"] }, reason: "it hangs" },
    });
    expect(answer.statusCode).toBe(202);
    expect(answer.headers.location).toBe("/api/v1/operations/op-1");
    expect(apiAccepted.parse(answer.json())).toMatchObject({
      repeated: false,
      operation: { id: "op-1", state: "queued" },
    });
    expect(made.seen.requests).toMatchObject([
      { actor: { id: "operator" }, door: "http", reason: "it hangs", requestId: "ticket-4711" },
    ]);
  });

  test("never shows what an operation keeps in memory", async () => {
    const answer = await post(makeApp(), "restart", { headers: WISH });
    expect(answer.body).not.toContain("memory");
    expect(answer.body).not.toContain("slackUser");
  });

  test("with the same key again is 200 with the first operation", async () => {
    const made = makeApp();
    const first = await post(made, "restart", { headers: WISH });
    const second = await post(made, "restart", { headers: WISH });
    expect([first.statusCode, second.statusCode]).toEqual([202, 200]);
    expect(second.json()).toEqual({ ...first.json(), repeated: true });
    expect(second.headers.location).toBe(first.headers.location);
  });

  test("with the same key for something else is 409 and names the first operation", async () => {
    const made = makeApp();
    await post(made, "restart", { headers: WISH });
    const other = await post(made, "restart", { headers: WISH, body: { input: { who: ["invoices"] } } });
    expect(other.statusCode).toBe(409);
    expect(apiError.parse(other.json())).toMatchObject({ code: "conflict", found: "op-1: restart" });
  });

  test("with another person's key is another wish", async () => {
    const made = makeApp((deps) => ({ ...deps, run: async (request) => ({ ...(await deps.run(request)) }) }));
    await post(made, "restart", { headers: WISH });
    const [request] = made.seen.requests;
    expect(request?.idempotencyKey).toBe("http:operator:wish-0001");
  });

  test("names the incident that it was started from, if that can be one", async () => {
    const made = makeApp();
    const from = (incident: string) =>
      post(made, "restart", { headers: WISH, body: { input: { who: ["billing"] }, incident } });
    await from("inc-7");
    expect(made.seen.requests.at(-1)?.incidentId).toBe("inc-7");
    expect((await from("7 or 1=1")).statusCode).toBe(400);
  });

  test.each([
    ["no key", {}],
    ["a short key", { "idempotency-key": "1234567" }],
    ["a long key", { "idempotency-key": "k".repeat(201) }],
    ["a key with a blank", { "idempotency-key": "wish 0001 again" }],
  ])("of an act with %s is 400, says so, and does nothing", async (_, headers) => {
    const made = makeApp();
    const answer = await post(made, "restart", { headers });
    expect(answer.statusCode).toBe(400);
    expect(apiError.parse(answer.json()).message).toContain("Idempotency-Key");
    expect(made.seen.requests).toEqual([]);
  });

  test("by a viewer is 403 with the words of the policy", async () => {
    const made = makeApp();
    const answer = await post(made, "restart", { headers: { ...callers.viewer, ...WISH } });
    expect(answer.statusCode).toBe(403);
    expect(answer.json()).toMatchObject({ code: "forbidden", message: "restart needs the operator role" });
  });

  test("of an unknown command is 404", async () => {
    const answer = await post(makeApp(), "restrat", { headers: WISH });
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({ code: "unknown_command" });
  });

  test("while an agent is taken is 409", async () => {
    const made = makeApp((deps) => ({
      ...deps,
      run: async () => {
        throw new Failure("conflict", "billing is being restarted", { found: "op-6" });
      },
    }));
    expect((await post(made, "restart", { headers: WISH })).json()).toMatchObject({ code: "conflict", found: "op-6" });
  });

  const badBodies: [string, string, string][] = [
    ["an extra field", JSON.stringify({ input: {}, role: "admin" }), "application/json"],
    ["__proto__", '{"input":{},"__proto__":{"role":"admin"}}', "application/json"],
    ["__proto__ in the input", '{"input":{"__proto__":{"role":"admin"}}}', "application/json"],
    ["constructor.prototype", '{"input":{"constructor":{"prototype":{"role":"admin"}}}}', "application/json"],
    ["text for an object", JSON.stringify({ input: "billing" }), "application/json"],
    ["a number for text", JSON.stringify({ input: {}, reason: 1234 }), "application/json"],
    ["null for text", JSON.stringify({ input: {}, reason: null }), "application/json"],
    ["a list", "[]", "application/json"],
    ["nothing", "", "application/json"],
    ["half of JSON", '{"input":', "application/json"],
    ["a reason of 201 characters", JSON.stringify({ reason: "x".repeat(201) }), "application/json"],
  ];
  test.each(badBodies)("with %s in the body is 400 and does nothing", async (_, payload, type) => {
    const { app, seen } = makeApp();
    const answer = await app.inject({
      method: "POST",
      url: "/api/v1/commands/status",
      headers: { ...callers.operator, "content-type": type },
      payload,
    });
    expect(answer.statusCode).toBe(400);
    expect(apiError.parse(answer.json()).code).toBe("invalid_input");
    expect(seen.requests).toEqual([]);
    expect(({} as { role?: string }).role).toBeUndefined();
  });

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/json\\t;x",
    "multipart/form-data",
    "text/json",
  ])("with a body of the type %s is 415 and does nothing", async (type) => {
    const { app, seen } = makeApp();
    const headers = { ...callers.operator, "content-type": type };
    const answer = await app.inject({
      method: "POST",
      url: "/api/v1/commands/status",
      headers,
      payload: '{"input":{}}',
    });
    expect(answer.statusCode).toBe(415);
    expect(apiError.parse(answer.json()).next).toContain("application/json");
    expect(seen.requests).toEqual([]);
  });

  test("with a body above 256 KiB is 413", async () => {
    const answer = await post(makeApp(), "status", { body: { input: { text: "x".repeat(300_000) } } });
    expect(answer.statusCode).toBe(413);
    expect(apiError.parse(answer.json()).code).toBe("invalid_input");
  });

  test("with JSON 10,000 deep is refused and the service lives on", async () => {
    const { app } = makeApp();
    const headers = { ...callers.operator, "content-type": "application/json" };
    const payload = `{"input":{"a":${"[".repeat(10_000)}${"]".repeat(10_000)}}}`;
    const answer = await app.inject({ method: "POST", url: "/api/v1/commands/status", headers, payload });
    expect(answer.statusCode).toBe(400);
    expect((await app.inject({ url: "/live" })).statusCode).toBe(200);
  });

  test("by another method is 404", async () => {
    const { app } = makeApp();
    const answer = await app.inject({ method: "DELETE", url: "/api/v1/commands/restart", headers: callers.operator });
    expect(answer.statusCode).toBe(404);
  });
});
