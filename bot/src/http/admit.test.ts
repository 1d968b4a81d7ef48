import { describe, expect, test } from "vitest";
import { callers, makeApp } from "./app-fixture.ts";

describe("who comes to the HTTP door", () => {
  test("with a known token is admitted as the person and the token, never with the token itself", async () => {
    const { app, seen } = makeApp();
    await app.inject({ url: "/api/v1/", headers: callers.viewer });
    expect(seen.admitted).toMatchObject([
      { actor: "viewer", door: "http", identity: expect.stringMatching(/^token:/) },
    ]);
    expect(JSON.stringify(seen.admitted)).not.toContain("rc_");
    expect(seen.refused).toEqual([]);
  });

  test.each<[string, { headers: Record<string, string>; reason: string; door: string }]>([
    ["no token", { headers: {}, reason: "no-credential", door: "http" }],
    [
      "an unknown token",
      { headers: { authorization: `Bearer rc_${"x".repeat(43)}` }, reason: "unknown-credential", door: "http" },
    ],
    [
      "nonsense from a terminal",
      {
        headers: { authorization: "x", "x-rollcall-door": "terminal" },
        reason: "unknown-credential",
        door: "terminal",
      },
    ],
  ])("with %s is counted as refused", async (_, { headers, reason, door }) => {
    const { app, seen } = makeApp();
    expect((await app.inject({ url: "/api/v1/agents", headers })).statusCode).toBe(401);
    expect(seen.refused).toMatchObject([{ event: "authentication", door, reason, identity: "address:127.0.0.1" }]);
    expect(seen.admitted).toEqual([]);
  });

  test("with a ticket that was never given out, or from another origin, is counted as refused", async () => {
    const { app, seen } = makeApp((deps) => ({ ...deps, corsOrigins: ["https://page.example.test"] }));
    const url = `/api/v1/live/socket?ticket=rt_${"0".repeat(43)}`;
    const status = async (origin: string) => (await app.inject({ url, headers: { origin } })).statusCode;
    expect([await status("https://page.example.test"), await status("https://evil.example.test")]).toEqual([401, 403]);
    expect(seen.refused).toMatchObject([{ reason: "unknown-credential" }, { reason: "unknown-credential" }]);
    expect(seen.admitted).toEqual([]);
  });

  test("in Alertmanager's name without its token is a refused signature", async () => {
    const { app, seen } = makeApp();
    await app.inject({ method: "POST", url: "/webhooks/alertmanager", payload: {} });
    expect(seen.refused).toMatchObject([{ event: "signature", door: "alertmanager", reason: "no-credential" }]);
  });
});
