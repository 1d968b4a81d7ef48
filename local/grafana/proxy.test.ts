import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createGrafanaClient, type GrafanaClient } from "./client.ts";
import { matchRoute } from "./routes.ts";
import { createGrafanaStandIn, type GrafanaStandIn } from "./stand-in.ts";

const PLUGIN_SECRET = "a secret of the plugin, for tests";
const seen: { method: string; url: string; headers: IncomingMessage["headers"]; body: string }[] = [];
const open = { streams: 0 };

let upstream: Server;
let grafana: GrafanaStandIn;
let client: GrafanaClient;
beforeAll(async () => {
  upstream = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = "", url = "", headers } = request;
    seen.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
    if (!url.startsWith("/api/v1/live")) {
      response.setHeader("set-cookie", "session=upstream");
      return response.end('{"ok":true}');
    }
    open.streams += 1;
    response.on("close", () => {
      open.streams -= 1;
    });
    response.writeHead(200, { "content-type": "text/event-stream" });
    return response.write("data: first\n\n");
  });
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  grafana = await createGrafanaStandIn({ port: 0, upstream: address, pluginSecret: PLUGIN_SECRET });
  client = createGrafanaClient(grafana.url);
});
beforeEach(() => seen.splice(0));
afterAll(async () => {
  await grafana.close();
  upstream.closeAllConnections();
  upstream.close();
});

const headersSeen = () => seen.at(-1)?.headers ?? {};

describe("the proxy of the plugin", () => {
  test("takes away what is Grafana's own, and adds who it is and the plugin's secret", async () => {
    const sent = { authorization: "Bearer x", referer: "http://x/d/1", "x-forwarded-host": "evil", "x-own": "kept" };
    await client.ask("viewer", "api/v1/agents?limit=2", { headers: sent });
    expect(seen.at(-1)).toMatchObject({ method: "GET", url: "/api/v1/agents?limit=2" });
    const headers = headersSeen();
    for (const gone of ["cookie", "authorization", "referer", "origin", "x-forwarded-host"])
      expect(headers[gone], gone).toBeUndefined();
    expect(headers).toMatchObject({
      "x-own": "kept",
      "x-grafana-referer": "http://x/d/1",
      "x-rollcall-grafana-secret": PLUGIN_SECRET,
      "x-grafana-context": expect.stringContaining('"OrgRole":"Admin"'),
    });
    expect(String(headers["x-grafana-id"]).split(".")).toHaveLength(3);
  });

  test("deletes a client's X-Grafana-User, and writes over its X-Grafana-Id only if there is a token", async () => {
    const sent = { "x-grafana-user": "admin", "x-grafana-id": "forged" };
    await client.ask("viewer", "api/v1/agents", { headers: sent });
    expect(headersSeen()["x-grafana-user"]).toBeUndefined();
    expect(headersSeen()["x-grafana-id"]).not.toBe("forged");
    await client.ask("anonymous", "api/v1/agents", { headers: sent });
    expect(headersSeen()["x-grafana-user"]).toBeUndefined();
    expect(headersSeen()["x-grafana-id"]).toBe("forged");
  });

  test("writes its address behind those that the client claims", async () => {
    await client.ask("viewer", "api/v1/agents", { headers: { "x-forwarded-for": "203.0.113.7" } });
    expect(headersSeen()["x-forwarded-for"]).toBe("203.0.113.7, 127.0.0.1");
  });

  test("hands on bodies as they are, and no cookie of the answer", async () => {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: '{"input":{}}' };
    const answer = await client.ask("viewer", "api/v1/commands/status", init);
    expect(seen.at(-1)).toMatchObject({ method: "POST", url: "/api/v1/commands/status", body: '{"input":{}}' });
    expect(answer.headers.get("set-cookie")).toBeNull();
    expect(answer.headers.get("content-security-policy")).toBe("sandbox");
  });

  test.each(["http://evil.example", "null", "http://127.0.0.1:1"])("lets no page of %s in", async (origin) => {
    const init = { method: "POST", headers: { origin, "content-type": "application/json" }, body: "{}" };
    expect((await client.ask("operator", "api/v1/commands/restart", init)).status).toBe(403);
    expect((await client.ask("operator", "api/v1/agents", { headers: { origin } })).status).toBe(403);
    expect(seen).toEqual([]);
  });

  test("lets nobody in who is not signed in", async () => {
    expect((await client.ask("", "api/v1/agents")).status).toBe(401);
    expect((await client.ask("unheard-of", "api/v1/agents")).status).toBe(401);
    expect(seen).toEqual([]);
  });

  test("sends on each part of a stream at once, and ends it at the other side when the client goes", async () => {
    const ending = new AbortController();
    const answer = await client.ask("viewer", "api/v1/live?topics=agents", { signal: ending.signal });
    // The stream has no end, so this part came while it was open.
    const { value } = (await answer.body?.getReader().read()) ?? {};
    expect(Buffer.from(value ?? []).toString()).toBe("data: first\n\n");
    expect(open.streams).toBe(1);
    ending.abort();
    await expect.poll(() => open.streams).toBe(0);
  });

  test("lets only an admin of Grafana change where it leads, and never tells the secret", async () => {
    const settings = `${grafana.url}/api/plugins/rollcall-fleet-app/settings`;
    const as = (person: string, body?: object) =>
      fetch(settings, {
        headers: { cookie: `grafana_session=${person}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
      });
    const read = async () => (await as("viewer")).text();
    const before = JSON.parse(await read()) as { jsonData: { url: string } };
    expect(await read()).not.toContain(PLUGIN_SECRET);
    const wish = { enabled: true, pinned: true, jsonData: { url: "http://127.0.0.1:9" } };
    expect((await as("operator", wish)).status).toBe(403);
    expect((await as("viewer", wish)).status).toBe(200);
    expect((await client.ask("viewer", "health")).status).toBe(502);
    await as("viewer", { ...wish, jsonData: before.jsonData });
    expect((await client.ask("viewer", "health")).status).toBe(200);
  });

  test("says 502 when nobody answers behind it", async () => {
    const lonely = await createGrafanaStandIn({ port: 0, upstream: "http://127.0.0.1:9", pluginSecret: PLUGIN_SECRET });
    expect((await createGrafanaClient(lonely.url).ask("viewer", "health")).status).toBe(502);
    await lonely.close();
  });
});

describe("routes", () => {
  const route = { path: "b/*", method: "GET", url: "http://b", headers: [] };

  test("the first that fits is taken, and a method is one method", () => {
    const routes = [{ ...route, path: "b/c", url: "http://c" }, route, { ...route, method: "GET,POST" }];
    expect(matchRoute("GET", "b/c", routes)?.route.url).toBe("http://c");
    expect(matchRoute("GET", "b/d", routes)).toMatchObject({ route: { url: "http://b" }, rest: "/d" });
    expect(matchRoute("POST", "b/d", routes)).toBeNull();
  });

  test.each([
    ["GET", "health", "/health"],
    ["GET", "api/v1/agents", "/api/v1/agents"],
    // A slash at the end is dropped.
    ["GET", "api/v1/", "/api/v1"],
    ["GET", "api/v1/live", "/api/v1/live"],
    ["POST", "api/v1/commands/restart", "/api/v1/commands/restart"],
    // Taken apart before it is compared and put together again.
    ["GET", "api%2fv1%2fagents", "/api/v1/agents"],
    ["GET", "api/v1/agents/", "/api/v1/agents"],
    ["GET", "api/v1//agents", "/api/v1//agents"],
    ["GET", "api/v1/a%20b", "/api/v1/a%20b"],
    ["GET", "api/v1/..%2f..%2fhealth", "/api/v1/../../health"],
  ])("%s %s leads to %s", (method, path, target) => {
    const matched = matchRoute(method, path);
    expect(`${matched?.route.url}${matched?.rest}`).toBe(`{{ .JsonData.url }}${target}`);
  });

  test.each([
    ["POST", "health"],
    ["DELETE", "api/v1/agents"],
    ["GET", "health/ready"],
    ["GET", "metrics"],
    ["GET", "API/v1/agents"],
    ["GET", "/api/v1/agents"],
    ["GET", "api/v1/%zz"],
    ["POST", "api/v1/tokens"],
  ])("%s %s leads nowhere", (method, path) => {
    expect(matchRoute(method, path)).toBeNull();
  });
});
