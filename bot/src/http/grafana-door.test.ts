import { RotatingSecret } from "@rollcall/core/secrets/rotating-secret.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { callers } from "./app-fixture.ts";
import { type GrafanaStage, openGrafanaStage, PLUGIN_SECRET, rawStatus } from "./grafana-stage-fixture.ts";

let it: GrafanaStage;
beforeEach(async () => {
  it = await openGrafanaStage();
});
afterEach(() => it.close());

const post = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(body),
});
const restart = (key = "wish-number-1") => post({ input: { who: ["billing"] } }, { "idempotency-key": key });
const status = async (response: Promise<Response>): Promise<number> => (await response).status;
const direct = (headers: Record<string, string>, path = "/api/v1/agents") =>
  fetch(`${it.direct}${path}`, { headers, signal: AbortSignal.timeout(10_000) });

describe("somebody who is signed in to Grafana", () => {
  test("is the person whose verified address it is, with our role and not Grafana's", async () => {
    expect(await status(it.client.ask("viewer", "api/v1/agents"))).toBe(200);
    // Grafana calls the viewer an admin.
    expect(await status(it.client.ask("viewer", "api/v1/commands/restart", restart()))).toBe(403);
    expect(it.seen.requests.at(-1)).toMatchObject({
      actor: { id: "viewer", role: "viewer", person: true },
      door: "grafana",
    });
    expect(await status(it.client.ask("operator", "api/v1/commands/restart", restart()))).toBe(202);
  });

  test("is written down by the person and by the subject that Grafana gave", async () => {
    await it.client.ask("viewer", "api/v1/agents");
    expect(it.seen.admitted).toMatchObject([
      { actor: "viewer", door: "grafana", identity: "grafana:org:1/user:sample-viewer" },
    ]);
    await it.client.ask("viewer", "api/v1/audit/export");
    expect(it.seen.audit.at(-1)).toMatchObject({
      ...{ decision: "refused", actor: "viewer", door: "grafana", rule: "role-admin" },
      identity: "grafana:org:1/user:sample-viewer",
    });
  });

  test("changes something once with the same key, and shares it with no other person", async () => {
    const one = await (await it.client.ask("operator", "api/v1/commands/restart", restart())).json();
    const { operation, ...rest } = one as { operation: object };
    const again = await it.client.ask("operator", "api/v1/commands/restart", restart());
    expect([again.status, await again.json()]).toEqual([
      200,
      // Of the same operation, a moment later.
      {
        ...rest,
        repeated: true,
        operation: { ...operation, asOf: expect.any(Number), secondsLeft: expect.any(Number) },
      },
    ]);
    expect(await status(it.client.ask("second", "api/v1/commands/restart", restart()))).toBe(202);
  });

  test("needs a key for a change, and JSON", async () => {
    const path = "api/v1/commands/restart";
    expect(await status(it.client.ask("operator", path, post({ input: { who: ["billing"] } })))).toBe(400);
    const body = new URLSearchParams({ input: "{}" });
    expect(await status(it.client.ask("operator", path, { method: "POST", body }))).toBe(415);
    const text = { method: "POST", body: '{"input":{"who":["billing"]}}', headers: { "content-type": "text/plain" } };
    expect(await status(it.client.ask("operator", path, text))).toBe(415);
    expect(it.seen.requests).toEqual([]);
  });

  test.each([
    ["nobody", "whom nobody here knows"],
    ["unverified", "whose address Grafana does not vouch for"],
    ["former", "who is suspended, so no list holds them"],
  ])("%s, %s, sees nothing and changes nothing", async (person) => {
    expect(await status(it.client.ask(person, "api/v1/agents"))).toBe(403);
    expect(await status(it.client.ask(person, "api/v1/live"))).toBe(403);
    await it.client.ask(person, "api/v1/commands/restart", restart());
    expect(it.seen.requests.every(({ actor }) => actor.role === null && !actor.person)).toBe(true);
    expect(it.seen.refused).toContainEqual(expect.objectContaining({ door: "grafana", reason: "not-a-member" }));
    expect(it.seen.admitted).toEqual([]);
  });

  test("who is blocked or has left is out at the next request", async () => {
    expect(await status(it.client.ask("second", "api/v1/agents"))).toBe(200);
    it.blocked.add("second");
    expect(await status(it.client.ask("second", "api/v1/agents"))).toBe(403);
    it.blocked.clear();
    it.people.delete("admin@example.test");
    expect(await status(it.client.ask("second", "api/v1/agents"))).toBe(403);
  });

  test("who is of another organisation, or a service account, is nobody", async () => {
    expect(await status(it.client.ask("elsewhere", "api/v1/agents"))).toBe(401);
    expect(await status(it.client.ask("robot", "api/v1/agents"))).toBe(401);
  });

  test("who is not signed in does not pass Grafana", async () => {
    expect(await status(it.client.ask("", "api/v1/agents"))).toBe(401);
    expect(it.seen.refused).toEqual([]);
  });
});

describe("what a client writes into headers", () => {
  const FORGED = {
    ...{
      "x-grafana-user": "admin",
      "x-webauth-user": "second",
      "x-forwarded-user": "second",
      "x-grafana-role": "Admin",
    },
    ...{
      "x-grafana-org-id": "1",
      "x-disable-provenance": "true",
      "x-rollcall-actor": "second",
      "x-user-role": "admin",
    },
  };

  test("makes nobody of the one who is signed in", async () => {
    const context = JSON.stringify({ Login: "second", Email: "admin@example.test", OrgRole: "Admin" });
    const headers = { ...FORGED, "x-grafana-context": context, "x-grafana-id": "forged" };
    const init = post({ input: {} }, headers);
    await it.client.ask("viewer", "api/v1/commands/status", init);
    expect(it.seen.requests.at(-1)?.actor).toMatchObject({ id: "viewer", role: "viewer" });
  });

  test("is not believed where Grafana itself has no token for them and leaves theirs alone", async () => {
    const path = "api/v1/agents";
    const expired = await it.client.tokenOf("second");
    expect(await status(it.client.ask("anonymous", path))).toBe(401);
    expect(await status(it.client.ask("anonymous", path, { headers: { "x-grafana-id": "forged" } }))).toBe(401);
    it.clock.advance(11 * 60_000);
    expect(await status(it.client.ask("anonymous", path, { headers: { "x-grafana-id": expired } }))).toBe(401);
    expect(it.seen.refused.map(({ reason }) => reason)).toEqual([
      "no-credential",
      "unproven-identity",
      "expired-credential",
    ]);
  });

  test.each(["x_grafana_id", "X-Grafana_Id", "x_grafana-id", "x-rollcall-grafana_secret", "X_Rollcall_Grafana_Secret"])(
    "%s is not taken for the header it looks like",
    async (name) => {
      const token = await it.client.tokenOf("second");
      const value = name.toLowerCase().includes("secret") ? PLUGIN_SECRET : token;
      expect(await status(it.client.ask("anonymous", "api/v1/agents", { headers: { [name]: value } }))).toBe(400);
      expect(await status(it.client.ask("viewer", "api/v1/agents", { headers: { [name]: value } }))).toBe(400);
      expect(it.seen.admitted).toEqual([]);
    },
  );

  test.each(["x-grafana-id", "x-rollcall-grafana-secret"])(
    "%s twice is refused, whatever comes first",
    async (name) => {
      const good = await it.headersOf("viewer");
      const other =
        { "x-grafana-id": await it.client.tokenOf("second"), "x-rollcall-grafana-secret": "wrong" }[name] ?? "";
      for (const pair of [
        [good[name] ?? "", other],
        [other, good[name] ?? ""],
        [good[name] ?? "", good[name] ?? ""],
      ])
        expect(
          await rawStatus(it.direct, "/api/v1/agents", { ...good, [name]: pair }),
          JSON.stringify(pair.map((text) => text.length)),
        ).toBe(400);
    },
  );

  test.each([
    [
      "the plugin's secret and an API token",
      async () => ({ "x-rollcall-grafana-secret": PLUGIN_SECRET, ...callers.operator }),
    ],
    [
      "the plugin's secret spelt with _ and an API token",
      async () => ({ x_rollcall_grafana_secret: PLUGIN_SECRET, ...callers.operator }),
    ],
    ["both of Grafana's and an API token", async () => ({ ...(await it.headersOf("viewer")), ...callers.operator })],
    [
      "both of Grafana's and an empty Authorization",
      async () => ({ ...(await it.headersOf("viewer")), authorization: "" }),
    ],
  ])("%s are two meanings, so neither counts", async (_, headers) => {
    expect(await status(direct(await headers()))).toBe(400);
    expect(it.seen.admitted).toEqual([]);
  });

  test("Grafana's token beside an API token counts for nothing: the API token decides", async () => {
    const { "x-grafana-id": token = "" } = await it.headersOf("second");
    expect(await status(direct({ ...callers.viewer, "x-grafana-id": token }))).toBe(200);
    expect(it.seen.admitted).toMatchObject([{ actor: "viewer", door: "http" }]);
  });
});

describe("a request that did not come through our Grafana", () => {
  test.each([
    ["with the plugin's secret alone", async () => ({ "x-rollcall-grafana-secret": PLUGIN_SECRET })],
    [
      "with the plugin's secret and an empty token",
      async () => ({ ...(await it.headersOf("viewer")), "x-grafana-id": "" }),
    ],
    ["with somebody's token alone", async () => ({ "x-grafana-id": await it.client.tokenOf("second") })],
    ["with a wrong secret", async () => ({ ...(await it.headersOf("second")), "x-rollcall-grafana-secret": "wrong" })],
    ["with an empty secret", async () => ({ ...(await it.headersOf("second")), "x-rollcall-grafana-secret": "" })],
    ["with the secret as a token", async () => ({ authorization: `Bearer ${PLUGIN_SECRET}` })],
    ["as a health check of a load balancer", async () => ({ "user-agent": "ELB-HealthChecker/2.0" })],
    ["as a probe of Kubernetes", async () => ({ "user-agent": "kube-probe/1.31" })],
    [
      "that says it was for another address",
      async () => ({ "x-forwarded-uri": "/health", "x-original-url": "/health" }),
    ],
  ])("%s reaches health only", async (_, headers) => {
    const sent = await headers();
    for (const path of ["/api/v1/", "/api/v1/agents", "/api/v1/commands", "/api/v1/live", "/api/v1/audit"])
      expect([path, await status(direct(sent, path))]).toEqual([path, 401]);
    expect(await status(direct(sent, "/health"))).toBe(200);
    expect(it.seen.admitted).toEqual([]);
  });

  test("is refused where no Grafana is set", async () => {
    const without = await openGrafanaStage(({ grafana: _, ...deps }) => deps);
    const response = await fetch(`${without.direct}/api/v1/agents`, { headers: await without.headersOf("viewer") });
    expect(response.status).toBe(401);
    await without.close();
  });

  test("gets in words that say what to do, and shows no secret", async () => {
    const response = await direct({ ...(await it.headersOf("viewer")), "x-rollcall-grafana-secret": "a-wrong-secret" });
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({
      code: "unauthenticated",
      message: "the secret of Grafana's plugin is not the one that is set here",
      next: expect.stringContaining("docs/grafana-door.md"),
      id: expect.any(String),
    });
    expect(text).not.toContain("a-wrong-secret");
  });
});

describe("the plugin's secret", () => {
  test("may be two while it is being changed, and the old one ends at the moment that was said", async () => {
    const next = "the next secret of the plugin, for tests";
    it.secret.take(new RotatingSecret(next, { value: PLUGIN_SECRET, until: Date.now() + 60_000 }));
    expect(await status(it.client.ask("viewer", "api/v1/agents"))).toBe(200);
    await it.client.set({ pluginSecret: next });
    expect(await status(it.client.ask("viewer", "api/v1/agents"))).toBe(200);
    it.secret.take(new RotatingSecret(next, { value: PLUGIN_SECRET, until: Date.now() - 1 }));
    expect(await status(it.client.ask("viewer", "api/v1/agents"))).toBe(200);
    expect(await status(direct(await it.headersOf("viewer")))).toBe(401);
  });
});
