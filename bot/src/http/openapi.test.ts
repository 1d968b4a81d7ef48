import { describe, expect, test } from "vitest";
import { callers, makeApp } from "./app-fixture.ts";

type Schema = Record<string, unknown>;
interface Document {
  openapi: string;
  info: { title: string; version: string };
  security: unknown[];
  paths: Record<
    string,
    Record<string, { responses: object; summary?: string; parameters?: Schema[]; requestBody?: Schema }>
  >;
}

describe("the OpenAPI document", () => {
  const read = async () => {
    const { app } = makeApp();
    return { app, document: (await app.inject({ url: "/api/v1/openapi.json" })).json() as Document };
  };

  test("is OpenAPI 3.1 and wants an API token unless a route says otherwise", async () => {
    const { document } = await read();
    expect(document.openapi).toBe("3.1.0");
    expect(document.info).toMatchObject({ title: "Rollcall", version: "0.1.0" });
    expect(document.security).toEqual([{ token: [] }]);
  });

  test("lists every route of the API with a summary and its answers", async () => {
    const { document } = await read();
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { summary, responses }]) => {
        expect([path, typeof summary, Object.keys(responses).length > 0]).toEqual([path, "string", true]);
        return `${method.toUpperCase()} ${path}`;
      }),
    );
    expect(routes).toEqual(
      expect.arrayContaining([
        "GET /api/v1/",
        "GET /api/v1/agents",
        "GET /api/v1/agents/{id}",
        "GET /api/v1/commands",
        "POST /api/v1/commands/{name}",
        "GET /api/v1/operations",
        "GET /api/v1/operations/{id}",
        "GET /api/v1/incidents",
        "GET /api/v1/incidents/{id}",
        "GET /api/v1/incidents/{id}/post-mortem",
        "GET /api/v1/requests",
        "GET /api/v1/requests/{id}",
        "GET /api/v1/audit",
        "POST /api/v1/live/ticket",
        "GET /api/v1/audit/export",
        "GET /api/v1/logs",
        "GET /api/v1/logs/search",
        "GET /api/v1/logs/counts",
        "GET /api/v1/logs/export",
        "GET /api/v1/logs/stream",
        "GET /api/v1/agents/{id}/logs",
        "GET /api/v1/reports/{kind}",
        "GET /api/v1/figures/key",
        "GET /api/v1/figures/throughput",
        "GET /api/v1/figures/latency",
        "GET /api/v1/figures/resources",
        "GET /api/v1/figures/hot-spots",
        "GET /api/v1/figures/measure",
        "GET /api/v1/figures/measure/course",
        "GET /health",
        "GET /live",
        "GET /ready",
        "GET /metrics",
      ]),
    );
    expect(routes.filter((route) => /docs|webhooks|slack/.test(route))).toEqual([]);
  });

  test("describes each command by its own declaration, and the key that an act needs", async () => {
    const { document } = await read();
    const restart = document.paths["/api/v1/commands/restart"]!.post!;
    expect(restart).toMatchObject({
      summary: "Stop agents and start them again, and prove that they work",
      parameters: [{ name: "Idempotency-Key", in: "header", required: true }],
      requestBody: {
        content: {
          "application/json": {
            schema: {
              additionalProperties: false,
              properties: { input: { required: ["who"] }, reason: { maxLength: 200 } },
            },
          },
        },
      },
    });
    expect(document.paths["/api/v1/commands/status"]!.post!.parameters).toBeUndefined();
  });

  test("holds no reference that leads nowhere", async () => {
    const { document } = await read();
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1]!);
    for (const reference of references) {
      const found = reference
        .slice(2)
        .split("/")
        .reduce<unknown>((value, key) => (value as Schema | undefined)?.[key], document);
      expect([reference, typeof found]).toEqual([reference, "object"]);
    }
  });

  test("is shown by a page that loads nothing from elsewhere", async () => {
    const { app } = await read();
    for (const url of [
      "/docs",
      "/docs/static/swagger-ui-bundle.js",
      "/docs/static/swagger-initializer.js",
      "/docs/json",
    ]) {
      const answer = await app.inject({ url });
      expect([url, answer.statusCode]).toEqual([url, 200]);
      expect(answer.headers["content-security-policy"]).toContain("script-src 'self'");
    }
    const page = (await app.inject({ url: "/docs" })).body;
    expect(page).not.toMatch(/(src|href)="https?:/);
    expect(page).not.toMatch(/<script>[^<]/);
    expect(page).toContain("<title>Rollcall API</title>");
    const [, css = ""] = /href="\.?([^"]*rollcall\.css)"/.exec(page) ?? [];
    expect((await app.inject({ url: css.startsWith("/docs") ? css : `/docs${css}` })).body).toContain("topbar");
  });
});

describe("health routes", () => {
  test("/health says healthy with the version, and needs no token", async () => {
    const { app } = makeApp();
    for (const url of ["/health", "/live", "/health/live"]) {
      const answer = await app.inject({ url });
      expect(answer.statusCode).toBe(200);
      expect(answer.json()).toMatchObject({ status: "healthy", version: "0.1.0", ready: true });
    }
  });

  test("/ready is 503 and names what is missing, while /live stays 200", async () => {
    const redis = { name: "redis", state: "down" as const, required: true, detail: "away", since: 1, checkedAt: 2 };
    const { app } = makeApp((deps) => ({ ...deps, readiness: () => ({ ready: false, dependencies: [redis] }) }));
    for (const url of ["/ready", "/health/ready"]) {
      const answer = await app.inject({ url });
      expect(answer.statusCode).toBe(503);
      expect(answer.headers["retry-after"]).toBe("5");
      expect(answer.json()).toEqual({ ready: false, dependencies: [redis] });
    }
    expect((await app.inject({ url: "/live" })).statusCode).toBe(200);
  });
});

describe("/metrics", () => {
  test("counts requests by declared route, so that hostile addresses and methods make no series", async () => {
    const { app } = makeApp();
    await app.inject({ url: "/api/v1/agents/billing", headers: callers.viewer });
    for (let index = 0; index < 20; index += 1) {
      await app.inject({ url: `/${index}` });
      await app.inject({ method: "PROPFIND" as never, url: "/" });
    }
    const { body, headers } = await app.inject({ url: "/metrics" });
    expect(headers["content-type"]).toContain("text/plain");
    expect(body).toContain('rollcall_http_requests_total{method="GET",route="/api/v1/agents/:id",status="200"} 1');
    expect(body).toContain('rollcall_http_requests_total{method="GET",route="none",status="404"} 20');
    expect(body).toContain("rollcall_http_requests_in_flight 1");
    expect(body).toContain('rollcall_build_info{version="0.1.0"} 1');
    expect(body).toMatch(/^rollcall_uptime_seconds [\d.]+$/m);
    expect(body).not.toContain("PROPFIND");
  });

  test("publishes nothing for what is not known", async () => {
    const { app } = makeApp();
    const { body } = await app.inject({ url: "/metrics" });
    for (const name of ["rollcall_audit_seq", "rollcall_slack_outbox_messages", "rollcall_lease_epoch"])
      expect(body).not.toMatch(new RegExp(`^${name} `, "m"));
  });

  test("every name follows the rules for names", async () => {
    const { metrics } = makeApp();
    for (const { name, type } of await metrics.registry.getMetricsAsJSON()) {
      if (!name.startsWith("rollcall_")) continue;
      expect(name).toMatch(/^rollcall_[a-z0-9]+(_[a-z0-9]+)*$/);
      expect([name, name.endsWith("_total")]).toEqual([name, (type as unknown as string) === "counter"]);
    }
  });

  test("need their token if one is set", async () => {
    const { RotatingSecret } = await import("@rollcall/core/secrets/rotating-secret.ts");
    const { app } = makeApp((deps) => ({ ...deps, metricsToken: new RotatingSecret("the token of Prometheus") }));
    const wrong = { authorization: "Bearer another" };
    expect((await app.inject({ url: "/metrics" })).statusCode).toBe(401);
    expect((await app.inject({ url: "/metrics", headers: wrong })).statusCode).toBe(401);
    const right = { authorization: "Bearer the token of Prometheus" };
    expect((await app.inject({ url: "/metrics", headers: right })).statusCode).toBe(200);
  });
});
