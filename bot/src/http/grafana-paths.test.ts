import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type GrafanaStage, openGrafanaStage, PLUGIN_SECRET, rawStatus } from "./grafana-stage-fixture.ts";

let it: GrafanaStage;
beforeEach(async () => {
  it = await openGrafanaStage();
});
afterEach(() => it.close());

describe("an address written in another way", () => {
  /** As it stands on the wire: fetch would tidy it up. */
  const PATHS = [
    ...["//api/v1/agents", "/api//v1/agents", "/api/v1//agents", "/./api/v1/agents", "/api/./v1/agents"],
    ...["/api/v1/../v1/agents", "/health/../api/v1/agents", "/health/..;/api/v1/agents", "/health;/../api/v1/agents"],
    ...["/api%2fv1%2fagents", "/api/v1%2fagents", "/api/v1/%61gents", "/%61pi/v1/agents", "/api/v1/agents%2f"],
    ...[
      "/API/v1/agents",
      "/api/V1/agents",
      "/api/v1/Agents",
      "/api/v1/agents/",
      "/api/v1/agents%00",
      "/api/v1/agents%0a",
    ],
    ...["/api/v1/agents#/health", "/api/v1/agents?path=/health", "/health%2f..%2fapi/v1/agents", "/api\\v1\\agents"],
    ...[
      "/health%23/api/v1/agents",
      "/api/v1/commands/..%2fagents",
      "/live/../api/v1/agents",
      "/api/v1/%2e%2e/v1/agents",
    ],
    ...["http://health/api/v1/agents", "/api/v1/agents;/health", "/api/v1/agents/..;/", "/%2e/api/v1/agents"],
  ];

  test.each(PATHS)("%s shows nothing to somebody without proof", async (path) => {
    expect([400, 401, 404]).toContain(await rawStatus(it.direct, path));
    expect([400, 401, 404]).toContain(await rawStatus(it.direct, path, { "x-rollcall-grafana-secret": PLUGIN_SECRET }));
    expect(it.seen.admitted).toEqual([]);
  });

  test.each(PATHS)("%s through Grafana is decided as the plain one, or is nowhere", async (path) => {
    const below = `/api/plugin-proxy/rollcall-fleet-app${path.startsWith("/") ? path : `/${path}`}`;
    const { base } = it.client;
    const cookie = (person: string) => ({ cookie: `grafana_session=${person}` });
    expect([200, 400, 404]).toContain(await rawStatus(base, below, cookie("viewer")));
    // A stranger is refused, or finds nothing; never shown something.
    expect([400, 403, 404]).toContain(await rawStatus(base, below, cookie("nobody")));
  });

  test.each([
    [
      "with two lengths",
      "GET /api/v1/agents HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ["with a space before the colon", "GET /api/v1/agents HTTP/1.1\r\nHost: x\r\nX-Grafana-Id : x\r\n\r\n"],
    [
      "with a header over two lines",
      "GET /api/v1/agents HTTP/1.1\r\nHost: x\r\nX-Rollcall-Grafana-Secret:\r\n x\r\n\r\n",
    ],
    ["with two hosts", "GET /api/v1/agents HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"],
    ["with a bare line feed", "GET /api/v1/agents HTTP/1.1\nHost: x\nX-Grafana-Id: x\n\n"],
  ])("a request %s is refused before anybody is identified", async (_, text) => {
    const { hostname, port } = new URL(it.direct);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => socket.write(text));
      let said = "";
      socket.on("data", (part) => {
        said += String(part);
        socket.end();
      });
      socket.on("close", () => resolve(said));
      socket.on("error", reject);
      socket.setTimeout(5_000, () => socket.destroy());
    });
    expect(answer).toMatch(/^HTTP\/1\.1 40[01] /);
    expect(it.seen.admitted).toEqual([]);
  });
});
