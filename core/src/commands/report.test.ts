import { beforeEach, describe, expect, test } from "vitest";
import { named } from "../command-fixture.ts";
import { parseCommandWords } from "../command-words.ts";
import { Failure } from "../domain/failure.ts";
import { operationOf, targetOf } from "../fake-agent-fixture.ts";
import { ReportStage } from "../reports/report-fixture.ts";

let stage: ReportStage;
beforeEach(() => {
  stage = new ReportStage();
});

const NO_PROMETHEUS = "❔ No Prometheus is named: agents and events are not known, and there is no picture";
describe("report", () => {
  test("without a word says which there are, and offers them", async () => {
    const { headline, lines, actions } = await stage.report();
    expect(headline).toBe("*Which report?*");
    expect(lines.map((line) => line.split("*")[1])).toEqual([
      ...["report daily", "report weekly", "report monthly", "report handover"],
    ]);
    expect(actions.map(({ input }) => input)).toEqual([
      ...[{ kind: "daily" }, { kind: "weekly" }, { kind: "monthly" }, { kind: "handover" }],
    ]);
  });

  test("of another word is refused with those that there are", () => {
    expect(() => parseCommandWords("report yearly", [named("report")])).toThrow(/daily.*weekly.*monthly.*handover/);
  });

  test("cannot be made where nothing is stored", async () => {
    Object.assign(stage.fleet.ports, { records: undefined });
    await expect(stage.report("daily")).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("report daily", () => {
  test("of a quiet day says so", async () => {
    const { headline, context, lines, sameAs } = await stage.report("daily");
    expect(headline).toBe("🟢 *No alert in the last 24 hours*");
    expect(context).toBe("Thu 14 Jan 08:00 to Fri 15 Jan 08:00, UTC · 0 alerts in the 24 hours before");
    expect(lines).toEqual(["Nobody changed anything", NO_PROMETHEUS]);
    expect(sameAs).toBe("same as /fleet report daily");
  });

  test("tells alerts by severity and name: how often, of whom, when taken, when over", async () => {
    stage.alerts = [
      stage.anAlert({ criticality: "P2", alertname: "BusLagGrowing", acknowledgedBy: null, acknowledgedAt: null }),
      stage.anAlert({}),
      stage.anAlert({
        id: "inc-6",
        agents: ["billing"],
        acknowledgedAt: stage.fleet.now - 550_000,
        resolvedAt: stage.fleet.now - 480_000,
      }),
    ];
    const { headline, lines } = await stage.report("daily");
    expect(headline).toBe("✅ *3 alerts in the last 24 hours* — all over");
    expect(lines.slice(0, 2)).toEqual([
      "🟧 P1 *AgentNotWorking* 2 times: order-validator, billing · taken after 35 s · over after 81 s",
      "🟨 P2 *BusLagGrowing* once: order-validator · over after 41 s",
    ]);
  });

  test("says what still fires, who has it, and what nobody took", async () => {
    stage.alerts = [
      stage.anAlert({ resolvedAt: null }),
      stage.anAlert({
        id: "inc-6",
        criticality: "P0",
        alertname: "AgentGone",
        resolvedAt: null,
        acknowledgedAt: null,
        acknowledgedBy: null,
      }),
    ];
    const { headline, lines } = await stage.report("daily");
    expect(headline).toBe("🟥 *2 alerts in the last 24 hours* — 2 still fire");
    expect(lines.slice(0, 2)).toEqual([
      "🟥 P0 *AgentGone* once: order-validator · nobody took it · inc-6 fires since T-600, nobody has it",
      "🟧 P1 *AgentNotWorking* once: order-validator · taken after 19 s · inc-7 fires since T-600, 👀 Operator on call has it",
    ]);
  });

  test("tells what was done, by whom, what helped, and what was refused", async () => {
    stage.operations = [
      stage.anOperation(),
      stage.anOperation({ id: "op-488", ending: "did-not-help", actor: { id: "gone", name: "Gone Person" } }),
      stage.anOperation({ id: "op-489", command: "pause", ending: null }),
    ];
    stage.restarts = [
      { agent: "order-validator", helped: true, seconds: 19 },
      { agent: "distribution-manager", helped: false, seconds: 70 },
    ];
    stage.refusals = [
      { rule: "role-operator", count: 2 },
      { rule: "second-person", count: 1 },
    ];
    expect((await stage.report("daily")).lines).toEqual([
      "*Done* restart 2 (1 did not help) · pause 1 (1 under way)",
      "*By* Operator on call 2, Gone Person 1",
      "*Restarts* helped 1 of 2, median 19 s · did not help: distribution-manager",
      "*Refused* 3: role-operator 2, second-person 1",
      NO_PROMETHEUS,
    ]);
  });

  test("of a very bad day has ten lines at most", async () => {
    stage.alerts = Array.from({ length: 12 }, (_, index) => stage.anAlert({ alertname: `Alert${index}` }));
    stage.operations = [stage.anOperation()];
    stage.restarts = [{ agent: "a", helped: true, seconds: 1 }];
    stage.refusals = [{ rule: "scope", count: 1 }];
    const { lines } = await stage.report("daily");
    expect(lines.length).toBeLessThanOrEqual(10);
    expect(lines[2]).toMatch(/ · and 9 more$/);
  });
});

describe("report handover", () => {
  test("of a quiet night says that there is nothing", async () => {
    const { headline, context, lines } = await stage.report("handover");
    expect(headline).toBe("🟢 *Hand-over* — nothing fires, 0 parked, 0 under way or waiting");
    expect(context).toContain("Thu 14 Jan 08:30 to Fri 15 Jan 08:00, UTC · *0 minutes awake*");
    expect(lines).toEqual([
      "Nothing rang",
      "Nobody changed anything",
      "Nothing is parked",
      "Nothing waits or runs",
      NO_PROMETHEUS,
    ]);
  });

  test("tells each alert and each operation with its time and who it was", async () => {
    stage.alerts = [stage.anAlert()];
    stage.operations = [stage.anOperation(), stage.anOperation({ id: "op-490", command: "ack" })];
    const { context, lines } = await stage.report("handover");
    expect(context).toContain("*1 minute awake*: between 22:00 and 08:00");
    expect(lines.slice(0, 2)).toEqual([
      "🟧 P1 *AgentNotWorking* order-validator · T-600 for 41 s · taken by Operator on call after 19 s",
      "✅ T-580 Operator on call: restart order-validator, recovered in 19 s (op-487)",
    ]);
  });

  test("puts what still fires first, and counts what it leaves out", async () => {
    stage.alerts = [
      ...Array.from({ length: 4 }, () => stage.anAlert()),
      stage.anAlert({ id: "inc-9", criticality: "P2", resolvedAt: null }),
    ];
    const { headline, lines } = await stage.report("handover");
    expect(headline).toBe("🟨 *Hand-over* — 1 alert fires, 0 parked, 0 under way or waiting");
    expect(lines[0]).toContain("inc-9 fires since T-600, 👀 Operator on call has it");
    expect(lines[2]).toMatch(/ · and 2 more$/);
  });

  test("tells what is parked, by whom, until when and for whom", async () => {
    const creator = stage.fleet.agent("image-creator");
    const desired = {
      state: "paused",
      by: "Second admin",
      since: stage.fleet.now - 1000,
      reason: "too dear",
      until: stage.fleet.now + 3600_000,
    } as const;
    creator.expected = { ...creator.expected, owner: "content", desired };
    Object.assign(stage.fleet.ports, {
      maintenance: {
        open: async () => [
          {
            id: "mw-3",
            agents: ["billing"],
            by: "Olga",
            reason: null,
            startedAt: stage.fleet.now,
            endsAt: stage.fleet.now + 60_000,
          },
        ],
      },
      silences: {
        list: async () => [
          {
            id: "s1",
            key: "op-481/billing",
            agents: ["billing"],
            alerts: { except: [] },
            startsAt: 0,
            endsAt: stage.fleet.now + 5000,
          },
          {
            id: "s2",
            key: "mw-3",
            agents: ["billing"],
            alerts: { except: [] },
            startsAt: 0,
            endsAt: stage.fleet.now + 60_000,
          },
        ],
      },
    });
    stage.measures();
    expect((await stage.report("handover")).lines.slice(2, 5)).toEqual([
      "⏸ mw-3 maintenance of billing until T60 by Olga · for orders",
      "⏸ *image-creator* paused until T3600 by Second admin: too dear · for content",
      "🔕 alerts of billing muted until T5 by op-481/billing",
    ]);
  });

  test("says once what somebody has silenced: by whom, until when, why and for whom", async () => {
    const [asker, mutes] = [
      { id: "olga", name: "Olga", slackUser: null },
      [{ agent: "billing", alertname: "AgentGone" }],
    ];
    const times = { startedAt: 0, endsAt: stage.fleet.now + 60_000, endedAt: null };
    const muted = { id: "s1", key: "sil-3", agents: ["billing"], alerts: { only: ["AgentGone"] } };
    Object.assign(stage.fleet.ports, {
      askedSilences: { open: async () => [{ id: "sil-3", mutes, asker, reason: "new key at 04:00", ...times }] },
      silences: { list: async () => [{ ...muted, startsAt: 0, endsAt: times.endsAt }] },
    });
    const lines = (await stage.report("handover")).lines.filter((line) => line.includes("sil-3"));
    expect(lines).toEqual(["⏸ sil-3 silence of billing until T60 by Olga: new key at 04:00 · for orders"]);
  });

  test("says it when nobody knows what is silenced", async () => {
    const list = () => Promise.reject(new Failure("unavailable", "Alertmanager does not answer"));
    Object.assign(stage.fleet.ports, { silences: { list } });
    expect((await stage.report("handover")).lines).toContain(
      "❔ What is silenced is not known: Alertmanager does not answer",
    );
  });

  test("tells what runs", async () => {
    stage.fleet.running.push({ ...operationOf(stage.fleet.now), targets: [targetOf("billing")] });
    expect((await stage.report("handover")).lines).toContain("⏳ op-1 restart billing under way, by Operator on call");
  });
});
