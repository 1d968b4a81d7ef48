import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type AlertmanagerUnderTest, startAlertmanager } from "@rollcall/test/alertmanager.ts";
import { eventually } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { openSilences } from "../adapters/alertmanager/silences.ts";
import { runOn } from "../command-fixture.ts";
import { plannedStages } from "../domain/operation.ts";
import { targetOf } from "../fake-agent-fixture.ts";
import { FakeFleet } from "../fleet-fixture.ts";
import type { Silences } from "../ports/silences.ts";
import { keepSilences } from "./keep-silences.ts";
import { muteRestart, silencesOfOperation } from "./mute-restart.ts";
import { RESTART_ALERTS } from "./restart-alerts.ts";

const FLEET = "mute-test";
let alertmanager: AlertmanagerUnderTest;
let silences: Silences;
beforeAll(async () => {
  alertmanager = await startAlertmanager(inject("toolsDir"), FLEET);
  silences = openSilences({ url: alertmanager.url, fleet: FLEET });
}, 120_000);
afterAll(() => alertmanager.stop());

let number = 100;
let agent: string;
let fleet: FakeFleet;
beforeEach(() => {
  number += 1;
  agent = `agent-${number}`;
  fleet = new FakeFleet(agent);
  fleet.now = Date.now();
  Object.assign(fleet.ports, { silences });
});
const mine = async () => (await silences.list()).filter(({ agents }) => agents.includes(agent));
const came = (words: string): Promise<void> => eventually(() => alertmanager.delivered.includes(words), 30_000);

describe("a restart with an Alertmanager", { timeout: 60_000 }, () => {
  test("mutes the alerts that it causes before it orders anything, and has ended that when it is through", async () => {
    const during: string[] = [];
    const { send } = fleet.ports.bus;
    fleet.ports.bus.send = async (messages) => {
      if (messages.some(({ message }) => message.kind === "stop"))
        during.push(...(await mine()).flatMap(({ key, alerts }) => [key, JSON.stringify(alerts)]));
      return send(messages);
    };
    const { ending } = await runOn(fleet, { name: "restart", agent, id: `op-${number}` });
    expect(ending).toBe("recovered");
    expect(during).toEqual([`op-${number}/${agent}`, JSON.stringify({ only: RESTART_ALERTS })]);
    expect(await mine()).toEqual([]);
  });

  test("that does not come back rings at once", async () => {
    fleet.agent(agent).fates.push("exits", "exits");
    await alertmanager.tell("other", "AgentGone", "firing");
    const { ending } = await runOn(fleet, { name: "restart", agent, id: `op-${number}` });
    expect(ending).toBe("did-not-come-back");
    expect(await mine()).toEqual([]);
    await alertmanager.tell(agent, "AgentGone", "firing");
    await came(`AgentGone ${agent} firing`);
  });

  test("leaves an alert that fires already as it is, so that its end is told", async () => {
    await alertmanager.tell(agent, "AgentGone", "firing");
    await came(`AgentGone ${agent} firing`);
    const memory = await muteRestart(targetOf(agent), fleet.acting({ id: `op-${number}` }));
    expect(memory).toMatchObject({ muted: "AgentNotWorking,SubscriptionDead,BusLagGrowing" });
    await alertmanager.tell(agent, "AgentGone", "resolved");
    await came(`AgentGone ${agent} resolved`);
  });

  test("leaves what somebody was told of alone until that has ended here too", async () => {
    fleet.fire("inc-1", agent);
    const memory = await muteRestart(targetOf(agent), fleet.acting({ id: `op-${number}` }));
    expect(memory).toMatchObject({ muted: "AgentNotWorking,SubscriptionDead,BusLagGrowing" });
  });

  test("goes on without one that is away, and says that it could not mute", async () => {
    Object.assign(fleet.ports, { silences: openSilences({ url: "http://127.0.0.1:9", fleet: FLEET }) });
    const target = targetOf(agent);
    expect(await muteRestart(target, fleet.acting())).toEqual({ notMuted: "Alertmanager does not answer" });
    expect(await runOn(fleet, { name: "restart", agent, id: `op-${number}` })).toMatchObject({ ending: "recovered" });
  });
});

describe("keepSilences", { timeout: 60_000 }, () => {
  const running = (changes: Record<string, unknown> = {}) => ({
    ...fleet.acting({ id: `op-${number}` }).operation,
    targets: [
      {
        ...targetOf(agent),
        stages: plannedStages(["sent", "working", "alert clear"]),
        memory: { mutedUntil: Date.now() + 120_000, muted: "AgentGone" },
        ...changes,
      },
    ],
  });
  const keep = () => keepSilences(fleet.ports, { wanted: [], isOver: () => false });

  test("opens the silence of a running restart again when Alertmanager has lost it", async () => {
    fleet.running.push(running());
    await keep();
    expect(await mine()).toMatchObject([{ key: `op-${number}/${agent}`, alerts: { only: ["AgentGone"] } }]);
  });

  test("ends the silence of a restart that has ended, whoever died before that", async () => {
    await muteRestart(targetOf(agent), fleet.acting({ id: `op-${number}` }));
    expect(await mine()).toHaveLength(1);
    fleet.ports.operations.find = async () => ({ ...running(), state: "ended" });
    await keep();
    expect(await mine()).toEqual([]);
  });

  test("leaves that of a restart which has not stored yet that it muted", async () => {
    await muteRestart(targetOf(agent), fleet.acting({ id: `op-${number}` }));
    fleet.running.push(running({ memory: {} }));
    await keep();
    expect(await mine()).toHaveLength(1);
  });

  test.each([
    [
      "while it waits for the alert to clear",
      { stages: plannedStages(["alert clear"]).map((stage) => ({ ...stage, state: "now" })) },
    ],
    ["once the agent is done", { ending: "recovered" }],
    ["when nothing was muted", { memory: { notMuted: "Alertmanager does not answer" } }],
  ])("wants no silence %s", (_, changes) => {
    expect(silencesOfOperation(running(changes) as never)).toEqual([]);
  });
});

test("each alert that a restart causes is a rule, and not every rule is one", () => {
  const folder = join(import.meta.dirname, "../../../alerting/rules");
  const files = readdirSync(folder).filter((name) => name.endsWith(".rules.yml"));
  const names = files.flatMap((name) =>
    [...readFileSync(join(folder, name), "utf8").matchAll(/- alert: (\w+)/g)].map(([, alert]) => alert),
  );
  expect(names).toEqual(expect.arrayContaining([...RESTART_ALERTS]));
  expect(RESTART_ALERTS).not.toContain("EventsLost");
});
