import { apiError } from "@rollcall/core/contract.ts";
import { FAILURE_CODES, Failure } from "@rollcall/core/domain/failure.ts";
import { describe, expect, test } from "vitest";
import { callers, makeApp } from "./app-fixture.ts";
import { STATUS_OF } from "./errors.ts";

describe("every answer", () => {
  test("carries a request id, the security headers, and no word on what software answers", async () => {
    const { app } = makeApp();
    const answer = await app.inject({ url: "/live" });
    expect(answer.headers["x-request-id"]).toMatch(/^req-[0-9a-f-]{36}$/);
    expect(answer.headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "cache-control": "no-store",
      "content-security-policy": expect.stringContaining("default-src 'none'"),
    });
    expect(answer.headers).not.toHaveProperty("x-powered-by");
  });

  test.each([
    ["ticket-4711.retry_2", true],
    ["short", false],
    ["has a blank in it", false],
    ["x".repeat(65), false],
    ["line\\nbreak<script>", false],
  ])("uses the client's request id %j only if it is well-formed", async (sent, kept) => {
    const { app } = makeApp();
    const answer = await app.inject({ url: "/live", headers: { "x-request-id": sent } });
    expect(answer.headers["x-request-id"] === sent).toBe(kept);
  });

  test("to an address that does not exist is 404 in the one error shape", async () => {
    const { app } = makeApp();
    const answer = await app.inject({ url: "/api/v1/nothing?token=x", headers: callers.viewer });
    expect(answer.statusCode).toBe(404);
    expect(apiError.parse(answer.json())).toMatchObject({
      code: "not_found",
      message: "there is nothing at GET /api/v1/nothing",
      id: answer.headers["x-request-id"],
    });
  });

  test.each([
    "//api/v1/agents",
    "/api/v1/%2e%2e/agents",
    "/api/v1/agents/..%2fcommands",
    "/API/V1/agents",
    "/api/v1/%zz",
  ])("to the odd path %s is a plain 400 or 404", async (url) => {
    const { app } = makeApp();
    const answer = await app.inject({ url, headers: callers.operator });
    expect([400, 404]).toContain(answer.statusCode);
    expect(apiError.parse(answer.json()).id).toBe(answer.headers["x-request-id"]);
  });
});

describe("errors", () => {
  test.each(FAILURE_CODES)("a failure %s is answered with its status and its words", async (code) => {
    const { app } = makeApp((deps) => ({
      ...deps,
      run: async () => {
        throw new Failure(code, "why not", { found: "this", allowed: ["that"], next: "do that" });
      },
    }));
    const answer = await app.inject({
      method: "POST",
      url: "/api/v1/commands/status",
      headers: callers.operator,
      body: {},
    });
    expect(answer.statusCode).toBe(STATUS_OF[code]);
    expect(apiError.parse(answer.json())).toEqual({
      code,
      message: "why not",
      found: "this",
      allowed: ["that"],
      next: "do that",
      id: answer.headers["x-request-id"],
    });
    expect("retry-after" in answer.headers).toBe(code === "unavailable" || code === "too_many_requests");
  });

  test("a bug shows its id only, and is logged with its cause and without passwords", async () => {
    const { app, seen } = makeApp((deps) => ({
      ...deps,
      run: async () => {
        const cause = new Error("connect postgres://rollcall:hunter2@db/x failed");
        throw new Error("cannot read the row", { cause });
      },
    }));
    const answer = await app.inject({
      method: "POST",
      url: "/api/v1/commands/status",
      headers: callers.operator,
      body: {},
    });
    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toMatchObject({
      code: "bug",
      message: `something broke, id ${answer.headers["x-request-id"]}`,
    });
    expect(answer.body).not.toMatch(/cannot read|errors\.ts|at /);
    const logged = seen.logs.join("");
    expect(logged).toContain("cannot read the row");
    expect(logged).toContain("postgres://rollcall:[secret]@db/x");
    expect(logged).not.toContain("hunter2");
  });

  test("a handler that never ends is answered 504", async () => {
    const { app } = makeApp((deps) => ({ ...deps, run: () => new Promise(() => undefined), handlerTimeoutMs: 50 }));
    const answer = await app.inject({
      method: "POST",
      url: "/api/v1/commands/status",
      headers: callers.operator,
      body: {},
    });
    expect(answer.statusCode).toBe(504);
    expect(answer.json()).toMatchObject({ code: "timeout", next: expect.stringContaining("Idempotency-Key") });
  });
});

describe("API tokens", () => {
  const bad: [string, Record<string, string>][] = [
    ["no token", {}],
    ["an unknown token", { authorization: `Bearer rc_${"z".repeat(43)}` }],
    ["a token of another form", { authorization: "Bearer operator" }],
    ["another scheme", { authorization: callers.operator.authorization.replace("Bearer", "Basic") }],
    ["a token with something behind it", { authorization: `${callers.operator.authorization}x` }],
    ["a token of Alertmanager's webhook", { authorization: "Bearer a webhook token for tests" }],
    ["a health checker's name", { "user-agent": "kube-probe/1.30", "x-forwarded-uri": "/live" }],
  ];
  const routes: ["GET" | "POST", string][] = [
    ["GET", "/api/v1/"],
    ["GET", "/api/v1/agents"],
    ["GET", "/api/v1/agents/billing"],
    ["GET", "/api/v1/commands"],
    ["POST", "/api/v1/commands/restart"],
    ["GET", "/api/v1/operations"],
    ["GET", "/api/v1/operations/op-7"],
    ["GET", "/api/v1/incidents"],
    ["GET", "/api/v1/incidents/inc-1"],
    ["GET", "/api/v1/incidents/inc-1/post-mortem"],
    ["GET", "/api/v1/audit"],
  ];
  test.each(bad.flatMap(([what, headers]) => routes.map(([method, url]) => ({ what, headers, method, url }))))(
    "$method $url with $what is 401 and does nothing",
    async ({ headers, method, url }) => {
      const { app, seen } = makeApp();
      const answer = await app.inject({ method, url, headers, ...(method === "POST" ? { body: { input: {} } } : {}) });
      expect(answer.statusCode).toBe(401);
      expect(answer.headers["www-authenticate"]).toBe('Bearer realm="rollcall"');
      expect(apiError.parse(answer.json()).code).toBe("unauthenticated");
      expect(seen.requests).toEqual([]);
    },
  );

  test.each(routes.filter(([method, url]) => method === "GET" && !/\/(commands|)$/.test(url)))(
    "%s %s by a person without a role is 403, and the refusal is audited",
    async (method, url) => {
      const { app, seen } = makeApp();
      const answer = await app.inject({ method, url, headers: callers.roleless });
      expect(answer.statusCode).toBe(403);
      expect(answer.json()).toMatchObject({ code: "forbidden", found: "no role", allowed: ["viewer"] });
      expect(seen.audit).toMatchObject([{ actor: "guest", door: "http", decision: "refused", rule: "role-viewer" }]);
    },
  );

  test.each([
    ["readOnly", "restart", "scope-act"],
    ["actOnly", "status", "scope-read"],
  ] as const)("a token %s may not run %s, and the refusal is audited once", async (who, command, rule) => {
    const { app, seen } = makeApp();
    const headers = { ...callers[who], "idempotency-key": "wish-0001" };
    const answer = await app.inject({ method: "POST", url: `/api/v1/commands/${command}`, headers, body: {} });
    expect(answer.statusCode).toBe(403);
    expect(seen.requests).toEqual([]);
    expect(seen.audit).toMatchObject([{ decision: "refused", rule, command }]);
  });

  test("a refusal stands even if it cannot be audited", async () => {
    const { app } = makeApp((deps) => ({
      ...deps,
      ports: {
        ...deps.ports,
        audit: {
          ...deps.ports.audit,
          append: async () => {
            throw new Failure("unavailable", "PostgreSQL does not answer");
          },
        },
      },
    }));
    expect((await app.inject({ url: "/api/v1/agents", headers: callers.roleless })).statusCode).toBe(403);
  });

  test("are never written to the log", async () => {
    const { app, seen } = makeApp();
    await app.inject({ url: "/api/v1/agents", headers: callers.operator });
    await app.inject({ url: "/api/v1/agents", headers: { authorization: `Bearer rc_${"z".repeat(43)}` } });
    expect(seen.logs.join("")).toContain("request answered");
    expect(seen.logs.join("")).not.toContain("rc_");
  });
});
