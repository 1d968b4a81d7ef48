import { apiAgents, apiError } from "@rollcall/core/contract.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { describe, expect, test } from "vitest";
import { callers, makeApp, NOW } from "./app-fixture.ts";

const get = async (url: string) => makeApp().app.inject({ url: `/api/v1${url}`, headers: callers.viewer });

describe("GET /api/v1/agents", () => {
  test("lists every expected agent sick first, with verdict, age of the measurement and who wants it stopped", async () => {
    const { asOf, expected, matched, agents } = apiAgents.parse((await get("/agents")).json());
    expect({ asOf, expected, matched }).toEqual({ asOf: NOW, expected: 3, matched: 3 });
    expect(agents.map(({ id, verdict, rung, health }) => [id, verdict, rung, health])).toEqual([
      ["billing", "gone", 0, "critical"],
      ["shipping", "stopped", 0, "off"],
      ["invoices", "working", 5, "healthy"],
    ]);
    expect(agents[0]).toMatchObject({
      since: NOW - 60_000,
      processUp: false,
      waiting: [{ topic: "payments.captured", lag: 64, pending: 1 }],
    });
    expect(agents[1]).toMatchObject({
      desired: { state: "stopped", by: "operator", since: NOW - 60_000, reason: "moving" },
    });
    expect(agents[1]).toMatchObject({ activity: null, lastHeartbeatAt: null, processUp: null });
    expect(agents[2]).toMatchObject({ activity: "processing", version: "1.0.0", lastHeartbeatAt: NOW - 1000 });
  });

  test.each([
    ["?group=payments", ["billing"]],
    ["?health=healthy", ["invoices"]],
    ["?verdict=stopped", ["shipping"]],
    ["?criticality=P0", ["billing"]],
    ["?search=INVO", ["invoices"]],
    ["?search=tier=back", ["billing", "shipping", "invoices"]],
    ["?search=nobody", []],
    ["?limit=1&offset=1", ["shipping"]],
  ])("%s gives %j", async (query, ids) => {
    const answer = apiAgents.parse((await get(`/agents${query}`)).json());
    expect(answer.agents.map(({ id }) => id)).toEqual(ids);
    expect(answer.expected).toBe(3);
  });

  test.each([
    ["?health=sick", ["unknown", "healthy", "degraded", "critical", "off"]],
    ["?colour=red", ["search", "group", "owner", "criticality", "health", "verdict", "limit", "offset"]],
    ["?group=a&group=b", []],
    ["?__proto__=x", []],
    ["?__proto__[role]=admin", undefined],
    ["?constructor=x", []],
    ["?limit=0", []],
    ["?limit=501", []],
    ["?limit=1e2", []],
    ["?limit=-1", []],
    ["?limit=", []],
    ["?group=a1;rm%20-rf", []],
    ["?group=%00", []],
  ])("%s is 400 and says what is allowed", async (query, allowed) => {
    const answer = await get(`/agents${query}`);
    expect(answer.statusCode).toBe(400);
    const error = apiError.parse(answer.json());
    expect(error.code).toBe("invalid_input");
    if (allowed !== undefined) expect(error.allowed).toEqual(allowed);
    expect(Object.prototype).not.toHaveProperty("role");
  });

  test("says who is in maintenance, in which window and until when, and measures all the same", async () => {
    const window = { id: "mw-3", by: "Olga", reason: "new disk", endsAt: NOW + 60_000 };
    const windows = [{ ...window, agents: ["billing"], startedAt: NOW - 1000 }];
    const { app } = makeApp((deps) => {
      const maintenance = { current: () => windows } as unknown as NonNullable<typeof deps.ports.maintenance>;
      return { ...deps, ports: { ...deps.ports, maintenance } };
    });
    const answer = await app.inject({ url: "/api/v1/agents", headers: callers.viewer });
    const { agents } = apiAgents.parse(answer.json());
    const found = Object.fromEntries(agents.map((agent) => [agent.id, agent]));
    expect(found.billing).toMatchObject({ maintenance: window, health: "off", verdict: "gone" });
    expect(found.invoices).toMatchObject({ maintenance: null, health: "healthy" });
  });

  test("says that all is unknown while Redis is away, not that all is well or gone", async () => {
    const { app } = makeApp((deps) => ({
      ...deps,
      ports: {
        ...deps.ports,
        bus: {
          ...deps.ports.bus,
          now: async () => {
            throw new Failure("unavailable", "Redis does not answer");
          },
        },
      },
    }));
    const answer = await app.inject({ url: "/api/v1/agents/invoices", headers: callers.viewer });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      problems: ["Redis does not answer"],
      agent: { verdict: "unknown", rung: null, health: "unknown" },
    });
  });

  test("is 503 with Retry-After while nobody knows who is expected", async () => {
    const { app } = makeApp((deps) => ({
      ...deps,
      ports: {
        ...deps.ports,
        registry: {
          ...deps.ports.registry,
          expected: async () => {
            throw new Failure("unavailable", "the expected fleet cannot be read");
          },
        },
      },
    }));
    const answer = await app.inject({ url: "/api/v1/agents", headers: callers.viewer });
    expect(answer.statusCode).toBe(503);
    expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
    expect(answer.json()).toMatchObject({ code: "unavailable", message: "the expected fleet cannot be read" });
  });

  test("says that the process is unknown while the supervisor is away, not that it is down", async () => {
    const { app } = makeApp((deps) => ({
      ...deps,
      ports: {
        ...deps.ports,
        supervisor: {
          ...deps.ports.supervisor,
          list: async () => {
            throw new Failure("unavailable", "the supervisor does not answer");
          },
        },
        bus: {
          ...deps.ports.bus,
          readWaiting: async () => {
            throw new Failure("unavailable", "Redis does not answer");
          },
        },
      },
    }));
    const { agents } = apiAgents.parse((await app.inject({ url: "/api/v1/agents", headers: callers.viewer })).json());
    expect(agents.map(({ processUp, waiting }) => [processUp, waiting])).toEqual(agents.map(() => [null, null]));
  });

  test("hides no bug of a port behind an empty field", async () => {
    const broken = async (): Promise<never> => {
      throw new TypeError("a bug");
    };
    for (const port of ["supervisor", "bus"] as const) {
      const { app } = makeApp((deps) => ({
        ...deps,
        ports: { ...deps.ports, [port]: { ...deps.ports[port], list: broken, readWaiting: broken } },
      }));
      expect((await app.inject({ url: "/api/v1/agents", headers: callers.viewer })).statusCode).toBe(500);
    }
  });
});

describe("GET /api/v1/agents/:id", () => {
  test("is all about one agent", async () => {
    expect((await get("/agents/billing")).json()).toMatchObject({
      asOf: NOW,
      agent: { id: "billing", verdict: "gone", consequence: "orders wait", waiting: [{ lag: 64 }] },
    });
  });

  test("reads nobody else's heartbeat, so that it costs the same in a fleet of 10,000", async () => {
    const read: string[] = [];
    const { app } = makeApp((deps) => ({
      ...deps,
      ports: {
        ...deps.ports,
        bus: {
          ...deps.ports.bus,
          readPresence: async (agents) => {
            read.push(...agents);
            return deps.ports.bus.readPresence(agents);
          },
        },
      },
    }));
    expect((await app.inject({ url: "/api/v1/agents/billing", headers: callers.viewer })).statusCode).toBe(200);
    expect(read).toEqual(["billing"]);
  });

  test("of an agent that does not exist is 404", async () => {
    const answer = await get("/agents/bil");
    expect(answer.statusCode).toBe(404);
    expect(apiError.parse(answer.json())).toMatchObject({ code: "unknown_agent", found: "bil", allowed: ["billing"] });
  });

  test.each(["a1;rm", "$(id)", "%60id%60", "a%0ab", "a%00", "..%2f..", "%E2%80%AEa", "Billing", "x".repeat(150)])(
    "of the name %s is refused before any use",
    async (id) => {
      const answer = await get(`/agents/${id}`);
      expect([400, 404]).toContain(answer.statusCode);
      expect(apiError.parse(answer.json()).code).toMatch(/invalid_input|not_found/);
    },
  );
});
