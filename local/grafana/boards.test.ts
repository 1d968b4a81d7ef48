import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ensureBuilt } from "rollcall-fleet-app/build/build.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createGrafanaStandIn, type GrafanaStandIn } from "./stand-in.ts";

const asked: string[] = [];
let prometheus: Server;
let grafana: GrafanaStandIn;
beforeAll(async () => {
  prometheus = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.setHeader("content-type", "application/json");
    response.end('{"status":"success","data":{"result":[]}}');
  });
  await new Promise<void>((resolve) => prometheus.listen(0, "127.0.0.1", resolve));
  const place = { port: 0, upstream: "http://127.0.0.1:9", pluginSecret: "a secret, for tests" };
  const address = `http://127.0.0.1:${(prometheus.address() as AddressInfo).port}`;
  grafana = await createGrafanaStandIn({ ...place, built: ensureBuilt(), prometheus: address });
}, 300_000);
afterAll(async () => {
  await grafana.close();
  prometheus.close();
});

const get = (path: string, person = "viewer") =>
  fetch(`${grafana.url}${path}`, { headers: { cookie: `grafana_session=${person}` } });
const SOURCE = "/api/datasources/proxy/uid/prometheus/";

describe("the stand-in's dashboards", () => {
  test("are those that came with the plugin, by their addresses", async () => {
    const found = (await (await get("/api/search")).json()) as { uid: string; url: string }[];
    expect(found.map(({ url }) => url)).toContain("/d/rollcall-executive");
    expect(found).toHaveLength(7);
    const { dashboard } = (await (await get("/api/dashboards/uid/rollcall-sre")).json()) as { dashboard: object };
    expect(dashboard).toMatchObject({ uid: "rollcall-sre", title: "Rollcall / SRE" });
    expect((await get("/api/dashboards/uid/rollcall-unheard-of")).status).toBe(404);
  });

  test.each(["/api/search", "/api/dashboards/uid/rollcall-sre", `${SOURCE}api/v1/query?query=up`])(
    "%s shows nothing to somebody who is not signed in",
    async (path) => {
      expect((await get(path, "")).status).toBe(401);
    },
  );
});

describe("the way to the data source", () => {
  test("hands on what a panel asks, as it was asked", async () => {
    const answer = await get(`${SOURCE}api/v1/query_range?query=up%7Bjob%3D~%22a%7Cb%22%7D&step=5`);
    expect(await answer.json()).toEqual({ status: "success", data: { result: [] } });
    expect(asked.at(-1)).toBe("/api/v1/query_range?query=up%7Bjob%3D~%22a%7Cb%22%7D&step=5");
  });

  test.each([
    "api/v1/admin/tsdb/delete_series",
    "-/reload",
    "api/v1/../../-/quit",
    "api/v1/label/__name__x%2f../values",
  ])("%s leads nowhere", async (path) => {
    asked.length = 0;
    expect((await get(`${SOURCE}${path}`)).status).toBe(404);
    expect(asked).toEqual([]);
  });

  test("says so where there is no Prometheus", async () => {
    const place = { port: 0, upstream: "http://127.0.0.1:9", pluginSecret: "a secret, for tests" };
    const lonely = await createGrafanaStandIn({ ...place, prometheus: "http://127.0.0.1:9" });
    const headers = { cookie: "grafana_session=viewer" };
    const answer = await fetch(`${lonely.url}${SOURCE}api/v1/query?query=up`, { headers });
    expect([answer.status, await answer.json()]).toEqual([502, { message: "Prometheus does not answer" }]);
    await lonely.close();
  });
});
