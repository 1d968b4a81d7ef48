import type { AskedSilence } from "@rollcall/core/domain/asked-silence.ts";
import type { AskedSilences } from "@rollcall/core/ports/asked-silences.ts";
import { describe, expect, test } from "vitest";
import { createSources } from "../live/sources.ts";
import { callers, makeApp, NOW } from "./app-fixture.ts";
import type { AppDeps } from "./deps.ts";
import { incident } from "./incident-fixture.ts";

const SILENCE: AskedSilence = {
  ...{ id: "sil-3", mutes: [{ agent: "billing", alertname: "AgentGone" }], reason: "new key at 04:00" },
  ...{ asker: { id: "olga", name: "Olga", slackUser: "U0OLGA" }, startedAt: NOW, endsAt: NOW + 3_600_000 },
  endedAt: null,
};
const alert = (alertname: string) => ({
  ...{ fingerprint: alertname, alertname, agent: "billing", labels: {}, annotations: {} },
  ...{ startsAt: NOW - 5000, firing: true, endedAt: null },
});
let rows = [{ ...incident, alerts: [alert("AgentGone")] }];
let held: AskedSilence[] = [SILENCE];

const appWith = () => {
  const askedSilences = { open: async () => held } as unknown as AskedSilences;
  let ports: AppDeps["ports"] | undefined;
  const it = makeApp((deps) => {
    const incidents = { ...deps.ports.incidents, open: async () => rows };
    ports = { ...deps.ports, incidents, askedSilences };
    return { ...deps, ports };
  });
  return { ...it, ports: ports as AppDeps["ports"] };
};
const read = async (path: string, who: keyof typeof callers = "viewer") => {
  const { app } = appWith();
  return await app.inject({ url: `/api/v1/${path}`, headers: callers[who] });
};

describe("GET /api/v1/silences", () => {
  test("tells what is silenced, by whom, until when and why", async () => {
    expect((await read("silences")).json()).toEqual({
      asOf: NOW,
      silences: [
        {
          ...{ id: "sil-3", mutes: SILENCE.mutes, by: { id: "olga", name: "Olga" }, reason: "new key at 04:00" },
          ...{ startedAt: NOW, endsAt: NOW + 3_600_000 },
          words: "Mutes 1 alert name of 1 agent (AgentGone); all others still ring",
        },
      ],
    });
  });

  test("is for people with a role, and says that nothing is kept where that is so", async () => {
    expect((await read("silences", "roleless")).statusCode).toBe(403);
    const { app } = makeApp();
    const answer = await app.inject({ url: "/api/v1/silences", headers: callers.viewer });
    expect([answer.statusCode, answer.json().code]).toEqual([503, "unavailable"]);
  });
});

describe("an incident", () => {
  const silenced = {
    silencedUntil: NOW + 3_600_000,
    silencedBy: { id: "olga", name: "Olga" },
    ...{ silencedWhy: "new key at 04:00", silence: "sil-3" },
  };

  test("that is quiet says until when, by whom and why", async () => {
    expect((await read("incidents")).json().incidents).toMatchObject([silenced]);
  });

  test("in which something rings is not called silenced", async () => {
    rows = [{ ...incident, alerts: [alert("AgentGone"), alert("EventsLost")] }];
    expect((await read("incidents")).json().incidents[0]).not.toHaveProperty("silencedUntil");
    rows = [{ ...incident, alerts: [alert("AgentGone")] }];
  });

  test("is told anew to who follows live when its silence ends", async () => {
    const told: object[] = [];
    const { ports } = appWith();
    const { incidents } = createSources(ports, { publish: (draft) => void told.push(draft) });
    await incidents();
    rows = [{ ...incident, alerts: [alert("AgentGone")], revision: 2 }];
    await incidents();
    held = [];
    rows = [{ ...incident, alerts: [alert("AgentGone")], revision: 3 }];
    await incidents();
    expect(told[1]).toMatchObject({ type: "incident", incident: silenced });
    expect((told[2] as { incident: object }).incident).not.toHaveProperty("silencedUntil");
  });
});
