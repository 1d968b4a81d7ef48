import { describe, expect, test } from "vitest";
import { callers, makeApp } from "./app-fixture.ts";

const ORIGIN = "https://grafana.example.test";
const appFor = (corsOrigins: readonly string[]) => makeApp((deps) => ({ ...deps, corsOrigins })).app;
const preflight = (corsOrigins: readonly string[], origin: string) =>
  appFor(corsOrigins).inject({
    method: "OPTIONS",
    url: "/api/v1/commands/restart",
    headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "authorization" },
  });

describe("pages of other origins", () => {
  test("none may ask unless it is named", async () => {
    const asked = await preflight([], ORIGIN);
    expect([asked.statusCode, asked.headers["access-control-allow-origin"]]).toEqual([404, undefined]);
    const read = await appFor([]).inject({ url: "/api/v1/agents", headers: { ...callers.viewer, origin: ORIGIN } });
    expect([read.statusCode, read.headers["access-control-allow-origin"]]).toEqual([200, undefined]);
  });

  test("a named one may ask with a token, a key and a last id, and never with cookies", async () => {
    const { statusCode, headers } = await preflight([ORIGIN], ORIGIN);
    expect([statusCode, headers["access-control-allow-origin"]]).toEqual([204, ORIGIN]);
    expect(headers["access-control-allow-headers"]).toMatch(/authorization.*idempotency-key.*last-event-id/i);
    expect(headers["access-control-allow-credentials"]).toBeUndefined();
    const read = await appFor([ORIGIN]).inject({
      url: "/api/v1/agents",
      headers: { ...callers.viewer, origin: ORIGIN },
    });
    expect([read.statusCode, read.headers["access-control-allow-origin"]]).toEqual([200, ORIGIN]);
  });

  test("a refusal can be read by a named one", async () => {
    const read = await appFor([ORIGIN]).inject({ url: "/api/v1/agents", headers: { origin: ORIGIN } });
    expect([read.statusCode, read.headers["access-control-allow-origin"]]).toEqual([401, ORIGIN]);
  });

  test.each(["https://grafana.example.test.evil.test", "http://grafana.example.test", "null"])(
    "%s is another one and may not",
    async (origin) => {
      const { headers } = await preflight([ORIGIN], origin);
      expect(headers["access-control-allow-origin"]).not.toBe(origin);
    },
  );
});
