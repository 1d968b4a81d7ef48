import { type AlertmanagerUnderTest, startAlertmanager } from "@rollcall/test/alertmanager.ts";
import { eventually } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { RESTART_ALERTS } from "../../brakes/restart-alerts.ts";
import { type AskedSilence, silencesOfAsked } from "../../domain/asked-silence.ts";
import type { WantedSilence } from "../../domain/silence.ts";
import type { Silences } from "../../ports/silences.ts";
import { openSilences } from "./silences.ts";

const FLEET = "silences-test";
let alertmanager: AlertmanagerUnderTest;
let silences: Silences;
beforeAll(async () => {
  alertmanager = await startAlertmanager(inject("toolsDir"), FLEET);
  silences = openSilences({ url: alertmanager.url, fleet: FLEET });
}, 120_000);
afterAll(() => alertmanager.stop());

const wanted = (agent: string, changes: Partial<WantedSilence> = {}): WantedSilence => ({
  ...{ key: `op-1/${agent}`, agents: [agent], alerts: { only: RESTART_ALERTS }, until: Date.now() + 600_000 },
  ...{ renewedForMs: 60_000, why: `restart of ${agent} by Olga` },
  ...changes,
});
const came = (words: string): Promise<void> => eventually(() => alertmanager.delivered.includes(words), 30_000);
const cameNever = (words: string): void => expect(alertmanager.delivered).not.toContain(words);

/** What was told before is delivered by now: something that nobody mutes has made the same way since. */
async function afterTheOthers(agent: string): Promise<void> {
  await alertmanager.tell(agent, "Later", "firing");
  await came(`Later ${agent} firing`);
  await alertmanager.tell(agent, "EvenLater", "firing");
  await came(`EvenLater ${agent} firing`);
}

/** Every group was looked at again since: an end is only sent at the next look at its group, a second later. */
async function afterAnInterval(marker: string): Promise<void> {
  for (const state of ["firing", "resolved", "firing", "resolved"] as const) {
    const before = alertmanager.delivered.length;
    await alertmanager.tell(marker, "Marker", state);
    await eventually(() => alertmanager.delivered.slice(before).includes(`Marker ${marker} ${state}`), 30_000);
  }
}

describe("a silence of a restart, in a real Alertmanager", { timeout: 90_000 }, () => {
  test("mutes the alerts that a restart causes, of this agent alone; all others are sent", async () => {
    await silences.put(wanted("billing"), Date.now());
    await alertmanager.tell("billing", "AgentGone", "firing");
    await alertmanager.tell("billing", "EventsLost", "firing");
    await alertmanager.tell("invoices", "AgentGone", "firing");
    await came("EventsLost billing firing");
    await came("AgentGone invoices firing");
    await afterTheOthers("billing");
    cameNever("AgentGone billing firing");
    const muted = (await silences.firing(["billing"])).filter(({ silencedBy }) => silencedBy.length > 0);
    expect(muted.map(({ alertname }) => alertname)).toEqual(["AgentGone"]);
  });

  test("ended while its alert fires, lets it ring: a restart that overruns is not hushed up", async () => {
    const id = await silences.put(wanted("shipping"), Date.now());
    await alertmanager.tell("shipping", "AgentGone", "firing");
    await afterTheOthers("shipping");
    cameNever("AgentGone shipping firing");
    await silences.end(id);
    await came("AgentGone shipping firing");
  });

  test("dies by itself when nobody renews it, and what fires then rings", async () => {
    await silences.put(wanted("archive-writer", { renewedForMs: 4000 }), Date.now());
    await alertmanager.tell("archive-writer", "AgentGone", "firing");
    await came("AgentGone archive-writer firing");
    expect((await silences.list()).map(({ key }) => key)).not.toContain("op-1/archive-writer");
  });

  test("keeps its id when it is renewed, and never goes past its end", async () => {
    const silence = wanted("crm-chat", { until: Date.now() + 90_000 });
    const id = await silences.put(silence, Date.now());
    const [found] = (await silences.list()).filter(({ key }) => key === silence.key);
    expect(found).toMatchObject({ id, agents: ["crm-chat"], alerts: { only: RESTART_ALERTS } });
    expect(await silences.put(silence, Date.now() + 60_000, found)).toBe(id);
    const [renewed] = (await silences.list()).filter(({ key }) => key === silence.key);
    expect(renewed?.endsAt).toBe(silence.until);
  });

  test("left out of a silence, what fired before is told of its end; muted, it never would be", async () => {
    for (const agent of ["stock-keeper", "order-intake"]) {
      await alertmanager.tell(agent, "AgentGone", "firing");
      await came(`AgentGone ${agent} firing`);
    }
    await silences.put(wanted("stock-keeper", { alerts: { only: ["AgentNotWorking"] } }), Date.now());
    const id = await silences.put(wanted("order-intake"), Date.now());
    for (const agent of ["stock-keeper", "order-intake"]) await alertmanager.tell(agent, "AgentGone", "resolved");
    await came("AgentGone stock-keeper resolved");
    await afterAnInterval("m-1");
    await silences.end(id);
    cameNever("AgentGone order-intake resolved");
    await afterAnInterval("m-2");
    cameNever("AgentGone order-intake resolved");
  });

  test("ending one that has ended changes nothing", async () => {
    const id = await silences.put(wanted("fatigue-checker"), Date.now());
    await silences.end(id);
    await expect(silences.end(id)).resolves.toBeUndefined();
    await expect(silences.end("00000000-0000-4000-8000-000000000000")).resolves.toBeUndefined();
  });
});

describe("a silence of maintenance", { timeout: 90_000 }, () => {
  test("mutes all alerts of its agents but those that fired before", async () => {
    const muted = { key: "mw-3", alerts: { except: ["BusLagGrowing"] }, renewedForMs: null };
    await silences.put(wanted("a-1", { ...muted, agents: ["a-1", "a-2"] }), Date.now());
    const [found] = (await silences.list()).filter(({ key }) => key === "mw-3");
    expect(found).toMatchObject({ agents: ["a-1", "a-2"], alerts: { except: ["BusLagGrowing"] } });
    await alertmanager.tell("a-1", "AgentGone", "firing");
    await alertmanager.tell("a-2", "BusLagGrowing", "firing");
    await came("BusLagGrowing a-2 firing");
    await afterTheOthers("a-3");
    cameNever("AgentGone a-1 firing");
  });
});

describe("a silence that somebody asked for", { timeout: 90_000 }, () => {
  const asked: AskedSilence = {
    ...{ id: "sil-3", mutes: [{ agent: "api-budget-keeper", alertname: "AgentGone" }], reason: "known" },
    ...{ asker: { id: "olga", name: "Olga", slackUser: null }, startedAt: 0, endedAt: null },
    endsAt: Date.now() + 600_000,
  };
  const [muting] = silencesOfAsked(asked) as [WantedSilence];

  test("is known again by its id, and Alertmanager says nothing of its own when it ends: that is left to us", async () => {
    await alertmanager.tell("api-budget-keeper", "AgentGone", "firing");
    await came("AgentGone api-budget-keeper firing");
    const id = await silences.put(muting, Date.now());
    const [found] = (await silences.list()).filter(({ key }) => key === "sil-3");
    expect(found).toMatchObject({ id, agents: ["api-budget-keeper"], alerts: { only: ["AgentGone"] } });
    await alertmanager.tell("api-budget-keeper", "EventsLost", "firing");
    await came("EventsLost api-budget-keeper firing");
    await silences.end(id);
    await afterAnInterval("m-3");
    const told = alertmanager.delivered.filter((words) => words === "AgentGone api-budget-keeper firing");
    expect(told).toHaveLength(1);
    expect((await silences.firing(["api-budget-keeper"])).map(({ alertname }) => alertname)).toContain("AgentGone");
  });
});

test("an Alertmanager that is away is said to be so within its time", async () => {
  const away = openSilences({ url: "http://127.0.0.1:9", fleet: FLEET });
  await expect(away.list()).rejects.toMatchObject({ code: "unavailable", message: "Alertmanager does not answer" });
});
