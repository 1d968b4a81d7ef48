import { beforeEach, describe, expect, test } from "vitest";
import { lookAt } from "../command-fixture.ts";
import { NEEDED_ALERTS } from "../diagnostics/alerting-watches.ts";
import { Failure } from "../domain/failure.ts";
import { FakeFleet } from "../fleet-fixture.ts";
import type { Dependency } from "../ports/dependencies.ts";
import type { MonitoringReading } from "../ports/monitoring.ts";

let fleet: FakeFleet;
let reading: MonitoringReading;
let looked: Dependency[];
beforeEach(() => {
  fleet = new FakeFleet("billing");
  reading = {
    rules: NEEDED_ALERTS.map((name) => ({ name, problem: null })),
    targets: [{ job: "rollcall-exporter", address: "127.0.0.1:9464", problem: null, readAt: fleet.now - 4000 }],
    ...{ alertmanagers: 1, watchdogAt: fleet.now - 38_000 },
  };
  looked = ["postgres", "redis", "supervisor", "slack"].map((name) => ({
    ...{ name, state: "up", detail: null, checkedAt: fleet.now - 3000 },
  }));
  Object.assign(fleet.ports, {
    monitoring: { look: async () => reading },
    dependencies: { current: () => looked },
  });
});
const look = () => lookAt(fleet, { name: "doctor" });
const isDown = (name: string, detail: string): void => {
  looked = looked.map((one) => (one.name === name ? { ...one, state: "down", detail } : one));
};

describe("doctor", () => {
  test("tells each part of the way with its age when all is whole", async () => {
    const { headline, context, lines } = await look();
    expect(headline).toBe("🟢 *The way from sensor to phone is whole*");
    expect(context).toBe("sensor → Prometheus → Alertmanager → Rollcall → Slack → PagerDuty → directory · as of T0");
    expect(lines).toEqual([
      "✓ *sensor* the exporter measures the agents, read 4 s ago",
      `✓ *Prometheus* answers, ${NEEDED_ALERTS.length} rules`,
      "✓ *Alertmanager* an alert came all the way 38 s ago",
      "✓ *Rollcall* PostgreSQL, Redis and the supervisor answer",
      "✓ *Slack* takes what is sent",
      "✓ *PagerDuty* took our key just now",
      "✓ *directory* access.yaml, read 0 s ago",
    ]);
  });

  test.each<[string, () => void, string]>([
    [
      "an exporter that is not read",
      () => (reading = { ...reading, targets: [{ ...TARGET, problem: "refused" }] }),
      "sensor",
    ],
    ["no exporter at all", () => (reading = { ...reading, targets: [] }), "sensor"],
    ["a rule that is not loaded", () => (reading = { ...reading, rules: reading.rules.slice(1) }), "Prometheus"],
    ["a Prometheus that sends to nobody", () => (reading = { ...reading, alertmanagers: 0 }), "Alertmanager"],
    ["a watchdog that never came", () => (reading = { ...reading, watchdogAt: null }), "Alertmanager"],
    [
      "a watchdog of four minutes ago",
      () => (reading = { ...reading, watchdogAt: fleet.now - 240_000 }),
      "Alertmanager",
    ],
    ["PostgreSQL away", () => isDown("postgres", "does not answer"), "Rollcall"],
    ["messages in Slack that are behind", () => isDown("slack", "3 messages are behind"), "Slack"],
    ["a pager that refuses our key", () => fleet.away.add("pager"), "PagerDuty"],
    [
      "a directory that waits for somebody",
      () => trust({ asOf: fleet.now, held: "half of the people are gone" }),
      "directory",
    ],
    ["a directory that was read long ago", () => trust({ asOf: fleet.now - 600_000, held: null }), "directory"],
  ])("finds %s, tells it first and what to do", async (_, breakIt, name) => {
    breakIt();
    const { headline, lines } = await look();
    expect(headline).toBe(`🔴 *The way from sensor to phone is broken* — ${name}`);
    expect(lines[0]).toMatch(new RegExp(`^✗ \\*${name}\\* .+ → .+`));
    expect(lines.slice(1).every((line) => line.startsWith("✓"))).toBe(true);
  });

  test("does not call well what only Prometheus could tell while it is away", async () => {
    const away = () => Promise.reject(new Failure("unavailable", "Prometheus does not answer"));
    Object.assign(fleet.ports, { monitoring: { look: away } });
    const { headline, lines } = await look();
    expect(headline).toContain("broken* — Prometheus");
    expect(lines.slice(1, 3).map((line) => line.slice(0, 12))).toEqual(["❔ *sensor* c", "❔ *Alertmana"]);
  });

  test("says what is not set up, and what nobody has looked at", async () => {
    Object.assign(fleet.ports, { monitoring: undefined, dependencies: undefined });
    const { headline, lines } = await look();
    expect(headline).toBe("❔ *Not known whether the way to the phone is whole* — Rollcall, Slack");
    expect(lines.filter((line) => line.startsWith("–"))).toHaveLength(3);
  });

  test("asks PagerDuty once a minute at most, however often it is asked", async () => {
    const pages = () => fleet.effects.filter((effect) => effect.startsWith("page")).length;
    await look();
    await look();
    expect(pages()).toBe(1);
    fleet.now += 60_001;
    await look();
    expect(pages()).toBe(2);
  });
});

const TARGET = { job: "rollcall-exporter", address: "127.0.0.1:9464", readAt: null };
const trust = (found: ReturnType<FakeFleet["ports"]["directory"]["trust"]>): void => {
  Object.assign(fleet.ports, { directory: { ...fleet.ports.directory, trust: () => found } });
};
