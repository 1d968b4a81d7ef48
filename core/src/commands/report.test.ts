import { beforeEach, describe, expect, test } from "vitest";
import { lookAt, named } from "../command-fixture.ts";
import { parseCommandWords } from "../command-words.ts";
import { Failure } from "../domain/failure.ts";
import { OPERATOR, operationOf, targetOf } from "../fake-agent-fixture.ts";
import { FakeFleet } from "../fleet-fixture.ts";
import type { PastAlert, PastOperation, PeriodRecords } from "../ports/period-records.ts";

let fleet: FakeFleet;
let alerts: PastAlert[];
let operations: PastOperation[];
let restarts: Awaited<ReturnType<PeriodRecords["restarts"]>>;
let refusals: Awaited<ReturnType<PeriodRecords["refusals"]>>;
beforeEach(() => {
  fleet = new FakeFleet("billing", "image-creator");
  [alerts, operations, restarts, refusals] = [[], [], [], []];
  const records: PeriodRecords = {
    alerts: async ({ to }) => {
      const rows = alerts.filter(({ openedAt }) => openedAt < to);
      return { rows, total: rows.length };
    },
    operations: async () => ({ rows: operations, total: operations.length }),
    restarts: async () => restarts,
    refusals: async () => refusals,
  };
  Object.assign(fleet.ports, { records });
});

/** @param kind none: the words without one */
const report = (kind?: string) => lookAt(fleet, { name: "report", input: kind === undefined ? {} : { kind } });
const anAlert = (more: Partial<PastAlert> = {}): PastAlert => ({
  ...{ id: "inc-7", alertname: "AgentNotWorking", criticality: "P1", agents: ["order-validator"] },
  ...{ openedAt: fleet.now - 600_000, resolvedAt: fleet.now - 559_000 },
  ...{ acknowledgedBy: { id: OPERATOR.id, name: "as it was" }, acknowledgedAt: fleet.now - 581_000 },
  ...more,
});
const anOperation = (more: Partial<PastOperation> = {}): PastOperation => ({
  ...{ id: "op-487", command: "restart", ending: "recovered", agents: ["order-validator"], agentCount: 1 },
  ...{ actor: { id: OPERATOR.id, name: "as it was" }, createdAt: fleet.now - 580_000 },
  ...{ startedAt: fleet.now - 580_000, endedAt: fleet.now - 561_000 },
  ...more,
});

describe("report", () => {
  test("without a word says which there are, and offers them", async () => {
    const { headline, lines, actions } = await report();
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
    Object.assign(fleet.ports, { records: undefined });
    await expect(report("daily")).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("report daily", () => {
  test("of a quiet day says so", async () => {
    const { headline, context, lines, sameAs } = await report("daily");
    expect(headline).toBe("🟢 *No alert in the last 24 hours*");
    expect(context).toBe("Thu 14 Jan 08:00 to Fri 15 Jan 08:00, UTC · 0 alerts in the 24 hours before");
    expect(lines).toEqual(["Nobody changed anything"]);
    expect(sameAs).toBe("same as /fleet report daily");
  });

  test("tells alerts by severity and name: how often, of whom, when taken, when over", async () => {
    alerts = [
      anAlert({ criticality: "P2", alertname: "BusLagGrowing", acknowledgedBy: null, acknowledgedAt: null }),
      anAlert({}),
      anAlert({
        id: "inc-6",
        agents: ["billing"],
        acknowledgedAt: fleet.now - 550_000,
        resolvedAt: fleet.now - 480_000,
      }),
    ];
    const { headline, lines } = await report("daily");
    expect(headline).toBe("✅ *3 alerts in the last 24 hours* — all over");
    expect(lines.slice(0, 2)).toEqual([
      "🟧 P1 *AgentNotWorking* 2 times: order-validator, billing · taken after 35 s · over after 81 s",
      "🟨 P2 *BusLagGrowing* once: order-validator · over after 41 s",
    ]);
  });

  test("says what still fires, who has it, and what nobody took", async () => {
    alerts = [
      anAlert({ resolvedAt: null }),
      anAlert({
        id: "inc-6",
        criticality: "P0",
        alertname: "AgentGone",
        resolvedAt: null,
        acknowledgedAt: null,
        acknowledgedBy: null,
      }),
    ];
    const { headline, lines } = await report("daily");
    expect(headline).toBe("🟥 *2 alerts in the last 24 hours* — 2 still fire");
    expect(lines.slice(0, 2)).toEqual([
      "🟥 P0 *AgentGone* once: order-validator · nobody took it · inc-6 fires since T-600, nobody has it",
      "🟧 P1 *AgentNotWorking* once: order-validator · taken after 19 s · inc-7 fires since T-600, 👀 Operator on call has it",
    ]);
  });

  test("tells what was done, by whom, what helped, and what was refused", async () => {
    operations = [
      anOperation(),
      anOperation({ id: "op-488", ending: "did-not-help", actor: { id: "gone", name: "Gone Person" } }),
      anOperation({ id: "op-489", command: "pause", ending: null }),
    ];
    restarts = [
      { agent: "order-validator", helped: true, seconds: 19 },
      { agent: "distribution-manager", helped: false, seconds: 70 },
    ];
    refusals = [
      { rule: "role-operator", count: 2 },
      { rule: "second-person", count: 1 },
    ];
    expect((await report("daily")).lines).toEqual([
      "*Done* restart 2 (1 did not help) · pause 1 (1 under way)",
      "*By* Operator on call 2, Gone Person 1",
      "*Restarts* helped 1 of 2, median 19 s · did not help: distribution-manager",
      "*Refused* 3: role-operator 2, second-person 1",
    ]);
  });

  test("of a very bad day has ten lines at most", async () => {
    alerts = Array.from({ length: 12 }, (_, index) => anAlert({ alertname: `Alert${index}` }));
    operations = [anOperation()];
    restarts = [{ agent: "a", helped: true, seconds: 1 }];
    refusals = [{ rule: "scope", count: 1 }];
    const { lines } = await report("daily");
    expect(lines.length).toBeLessThanOrEqual(10);
    expect(lines[4]).toBe("and 8 more names of alerts");
  });
});

describe("report handover", () => {
  test("of a quiet night says that there is nothing", async () => {
    const { headline, context, lines } = await report("handover");
    expect(headline).toBe("🟢 *Hand-over* — nothing fires, 0 parked, 0 under way or waiting");
    expect(context).toContain("Thu 14 Jan 08:30 to Fri 15 Jan 08:00, UTC · *0 minutes awake*");
    expect(lines).toEqual(["Nothing rang", "Nobody changed anything", "Nothing is parked", "Nothing waits or runs"]);
  });

  test("tells each alert and each operation with its time and who it was", async () => {
    alerts = [anAlert()];
    operations = [anOperation(), anOperation({ id: "op-490", command: "ack" })];
    const { context, lines } = await report("handover");
    expect(context).toContain("*1 minute awake*: minutes of the night");
    expect(lines.slice(0, 2)).toEqual([
      "🟧 P1 *AgentNotWorking* order-validator · T-600 for 41 s · taken by Operator on call after 19 s",
      "✅ T-580 Operator on call: restart order-validator, recovered in 19 s (op-487)",
    ]);
  });

  test("puts what still fires first, and counts what it leaves out", async () => {
    alerts = [
      ...Array.from({ length: 4 }, () => anAlert()),
      anAlert({ id: "inc-9", criticality: "P2", resolvedAt: null }),
    ];
    const { headline, lines } = await report("handover");
    expect(headline).toBe("🟨 *Hand-over* — 1 alert fires, 0 parked, 0 under way or waiting");
    expect(lines[0]).toContain("inc-9 fires since T-600, 👀 Operator on call has it");
    expect(lines[2]).toMatch(/ · and 2 more$/);
  });

  test("tells what is parked, by whom, until when and for whom", async () => {
    const creator = fleet.agent("image-creator");
    const desired = {
      state: "paused",
      by: "Second admin",
      since: fleet.now - 1000,
      reason: "too dear",
      until: fleet.now + 3600_000,
    } as const;
    creator.expected = { ...creator.expected, owner: "content", desired };
    Object.assign(fleet.ports, {
      maintenance: {
        open: async () => [
          {
            id: "mw-3",
            agents: ["billing"],
            by: "Olga",
            reason: null,
            startedAt: fleet.now,
            endsAt: fleet.now + 60_000,
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
            endsAt: fleet.now + 5000,
          },
          {
            id: "s2",
            key: "mw-3",
            agents: ["billing"],
            alerts: { except: [] },
            startsAt: 0,
            endsAt: fleet.now + 60_000,
          },
        ],
      },
    });
    expect((await report("handover")).lines.slice(2, 5)).toEqual([
      "⏸ mw-3 maintenance of billing until T60 by Olga · for orders",
      "⏸ *image-creator* paused until T3600 by Second admin: too dear · for content",
      "🔕 alerts of billing muted until T5 by op-481/billing",
    ]);
  });

  test("says it when nobody knows what is silenced", async () => {
    const list = () => Promise.reject(new Failure("unavailable", "Alertmanager does not answer"));
    Object.assign(fleet.ports, { silences: { list } });
    expect((await report("handover")).lines).toContain(
      "❔ What is silenced is not known: Alertmanager does not answer",
    );
  });

  test("tells what runs", async () => {
    fleet.running.push({ ...operationOf(fleet.now), targets: [targetOf("billing")] });
    expect((await report("handover")).lines.at(-1)).toBe("⏳ op-1 restart billing under way, by Operator on call");
  });
});
