import { describe, expect, test } from "vitest";
import { makeApp } from "./app-fixture.ts";

/** What has let somebody past the door of other programs: names of health checks, addresses in headers, queries, cookies. */
const HEADERS: readonly Record<string, string>[] = [
  { "user-agent": "GoogleHC/1.0" },
  { "user-agent": "kube-probe/1.33" },
  { "user-agent": "ELB-HealthChecker/2.0" },
  { "x-forwarded-uri": "/health" },
  { "x-original-url": "/health" },
  { "x-rewrite-url": "/live" },
  { "x-forwarded-for": "127.0.0.1", "x-real-ip": "127.0.0.1" },
  { "x-forwarded-user": "operator", "x-forwarded-email": "operator@example.test", "x-forwarded-groups": "admin" },
  { "x-auth-request-user": "operator", "x-remote-user": "operator" },
  { "x-http-method-override": "GET", "x-method-override": "OPTIONS" },
  { "x-grafana-user": "admin" },
  { cookie: "session=operator; rollcall=admin; __Host-rollcall=admin" },
  { authorization: "Basic b3BlcmF0b3I6b3BlcmF0b3I=" },
  { authorization: "Bearer null" },
  { authorization: "Bearer rc_" },
  { forwarded: "for=127.0.0.1;host=localhost;proto=https" },
];
const ADDRESSES = [
  ["GET", "/api/v1/agents"],
  ["GET", "/api/v1/audit/export?format=csv"],
  ["GET", "/api/v1/agents?health=/live"],
  ["POST", "/api/v1/commands/restart"],
] as const;

describe("a request without a good token", () => {
  const cases = ADDRESSES.flatMap(([method, url]) => HEADERS.map((headers) => [method, url, headers] as const));
  test.each(cases)("%s %s with %j is 401 and asks nobody anything", async (method, url, headers) => {
    const { app, seen } = makeApp();
    const body = method === "POST" ? { payload: { input: { who: ["billing"] } } } : {};
    const answer = await app.inject({ method, url, headers, ...body });
    expect(answer.statusCode).toBe(401);
    expect(answer.body).not.toContain("billing");
    expect([seen.requests, seen.admitted]).toEqual([[], []]);
  });

  test("gets what is open to all whatever it sends along, and no word on the fleet", async () => {
    const { app } = makeApp();
    for (const headers of HEADERS) {
      const answer = await app.inject({ url: "/live", headers });
      expect([answer.statusCode, answer.body.includes("billing")]).toEqual([200, false]);
    }
  });
});
