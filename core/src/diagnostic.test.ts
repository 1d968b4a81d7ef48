import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Ports } from "./command.ts";
import { defineDiagnostic, type Finding, findOut, SUITES } from "./diagnostic.ts";
import { NEEDED_ALERTS } from "./diagnostics/alerting-watches.ts";
import { Failure } from "./domain/failure.ts";
import type { Operation } from "./domain/operation.ts";
import { OPERATOR } from "./fake-agent-fixture.ts";
import { FakeFleet } from "./fleet-fixture.ts";
import { loadDiagnostics } from "./load-diagnostics.ts";
import type { AuditRow } from "./ports/audit-log.ts";
import type { Dependency } from "./ports/dependencies.ts";
import type { BusReading } from "./ports/event-bus.ts";
import type { FleetBus } from "./ports/fleet.ts";
import type { LogStore } from "./ports/log-store.ts";
import type { MonitoringReading } from "./ports/monitoring.ts";

const diagnostics = await loadDiagnostics();

/** What a test sets up: agents, and ports that answer otherwise. */
interface World {
  readonly fleet: FakeFleet;
  readonly ports: Ports;
  readonly operation: Operation;
  bus(change: Partial<FleetBus>): void;
}

function makeWorld(): World {
  const fleet = new FakeFleet("billing", "invoices");
  const operation: Operation = { ...fleet.acting().operation, id: "op-9", command: "diag-run", actor: OPERATOR };
  const ports = { ...fleet.ports };
  const change = (changes: Partial<Ports>): void => void Object.assign(ports, changes);
  const world: World = { fleet, ports, operation, bus: (more) => change({ bus: { ...ports.bus, ...more } }) };
  world.bus({ readFleet: () => ports.registry.expected() });
  change({
    dependencies: { current: () => DEPENDENCIES },
    monitoring: { look: async () => watching(fleet.now) },
    logs: logsRead(fleet.now - 1000),
    operations: { ...ports.operations, find: async () => operation },
    audit: { ...ports.audit, search: async () => [rowOf(2, "dispatch"), rowOf(1, "intent")] },
    directory: { ...ports.directory, withRole: (role) => (role === "admin" ? TWO : [...TWO, PERSON]) },
  });
  for (const agent of fleet.agents.values()) agent.expected = { ...agent.expected, consumes: ["stock.*"] };
  change({ events: { ...ports.events, readSubscriptions: async () => readBy("billing", "invoices") } });
  return world;
}

const logsRead = (readAt: number): LogStore =>
  ({ sources: async () => [{ name: "supervisor", readAt, problem: null }] }) as Partial<LogStore> as LogStore;
const watching = (now: number): MonitoringReading => ({
  rules: NEEDED_ALERTS.map((name) => ({ name, problem: null })),
  targets: ["rollcall-exporter", "rollcall-control"].map((job) => ({ job, address: "127.0.0.1:1", problem: null })),
  ...{ alertmanagers: 1, watchdogAt: now - 30_000 },
});
/** One topic, and who has a group on it. */
const readBy = (...names: string[]): BusReading => {
  const idle = { lag: 0, pending: 0, consumers: 1, oldestAt: null, idleMs: null, lost: { undelivered: 0, inHand: 0 } };
  const groups = names.map((name) => ({ name, ...idle }));
  const topic = { topic: "stock.reserved", entries: 3, added: 3, lastAt: 1, perSecond: 0, deadLetters: 0, groups };
  return { now: 0, topics: [topic] };
};

const DEPENDENCIES: readonly Dependency[] = ["redis", "postgres", "slack", "fleet.yaml", "access.yaml"].map((name) => ({
  ...{ name, state: "up", detail: null },
}));
const without = (name: string) => (world: World) => {
  const found = DEPENDENCIES.map((one) => (one.name === name ? { ...one, state: "down", detail: "it is away" } : one));
  Object.assign(world.ports, { dependencies: { current: () => found } });
};
const PERSON = { id: "someone", name: "Someone", mails: [], slack: [], role: "operator" } as const;
const TWO = [PERSON, PERSON];
const rowOf = (seq: number, event: AuditRow["event"]): AuditRow => ({
  ...{ seq, event, at: "2026-11-20T00:00:00Z", hash: "", actor: "operator", door: "slack", command: "diag-run" },
  ...{ targets: [], decision: "allowed", rule: null, reason: null, operationId: "op-9", requestId: null, detail: {} },
});

const run = (name: string, { ports, operation }: World): Promise<Finding> => {
  const diagnostic = diagnostics.find((candidate) => candidate.name === name);
  if (diagnostic === undefined) throw new Error(`no check ${name}`);
  return findOut(diagnostic, { ports, operation });
};

const watchingBut = (change: (reading: MonitoringReading) => Partial<MonitoringReading>) => (world: World) => {
  const reading = watching(world.fleet.now);
  Object.assign(world.ports, { monitoring: { look: async () => ({ ...reading, ...change(reading) }) } });
};
const readingBut =
  (...groups: string[]) =>
  ({ ports }: World) =>
    void Object.assign(ports, { events: { ...ports.events, readSubscriptions: async () => readBy(...groups) } });

const breakage: Readonly<Record<string, (world: World) => void>> = {
  "alerting-watches": watchingBut(() => ({ alertmanagers: 0 })),
  "alerts-taken": ({ fleet }) => {
    fleet.fire("inc-7", "billing");
    fleet.now += 16 * 60_000;
  },
  "audit-chain-unbroken": ({ ports }) => {
    const found = { rows: 7, unbroken: false, firstBad: { seq: 5, why: "changed" }, head: "abc" };
    Object.assign(ports, { audit: { ...ports.audit, verify: async () => found } });
  },
  "audit-head-joined": ({ ports }) => {
    const rows = [rowOf(9, "outcome"), rowOf(7, "intent")];
    Object.assign(ports, { audit: { ...ports.audit, search: async () => rows } });
  },
  "backlog-bounded": ({ bus }) =>
    bus({ readWaiting: async (group) => [{ topic: "stock.reserved", group, lag: 900, pending: 101 }] }),
  "clocks-agree": ({ fleet, bus }) => bus({ now: async () => fleet.now - 2001 }),
  "directory-current": ({ fleet, ports }) => {
    const asOf = fleet.now - 121_000;
    Object.assign(ports, { directory: { ...ports.directory, trust: () => ({ asOf, held: null }) } });
  },
  "files-in-force": without("access.yaml"),
  "fleet-published": ({ bus }) => bus({ readFleet: async () => null }),
  "heartbeats-fresh": ({ fleet }) => fleet.kill("billing"),
  "heartbeats-genuine": ({ bus }) =>
    bus({ readPresence: async (ids) => new Map(ids.map((id) => [id, { beat: null, forged: id === "billing" }])) }),
  "inboxes-answer": ({ fleet }) => void Object.assign(fleet.agent("billing"), { answersEcho: false }),
  "leader-sends-canaries": ({ fleet, bus }) => bus({ readCanaryRound: async () => fleet.now - 46_000 }),
  "logs-collected": ({ fleet, ports }) => void Object.assign(ports, { logs: logsRead(fleet.now - 61_000) }),
  "operations-move": ({ fleet, operation }) =>
    void fleet.running.push({ ...operation, id: "op-3", createdAt: fleet.now - 16 * 60_000 }),
  "pager-answers": ({ fleet }) => void fleet.away.add("pager"),
  "people-can-act": ({ ports }) => {
    Object.assign(ports, { directory: { ...ports.directory, withRole: () => [PERSON] } });
  },
  "processes-as-wanted": ({ fleet }) => fleet.kill("billing"),
  "redis-answers": ({ fleet }) => void fleet.away.add("redis"),
  "redis-keeps-messages": without("redis"),
  "schema-current": without("postgres"),
  "slack-keeps-up": without("slack"),
  "subscriptions-declared": readingBut("billing"),
  "supervisor-answers": ({ fleet }) => void fleet.away.add("supervisor"),
  "work-loops-take-canaries": ({ fleet }) => {
    const waitingSince = fleet.now - 60_000;
    const beat = { canary: { handledAt: null, tookMs: null, waitingSince } };
    Object.assign(fleet.agent("billing"), { takesCanary: false, beat });
  },
  "writes-land": ({ ports }) => {
    Object.assign(ports, { audit: { ...ports.audit, search: async () => [rowOf(1, "intent")] } });
  },
};

describe("every check", () => {
  test.each(diagnostics.map((diagnostic) => [diagnostic.name, diagnostic] as const))(
    "%s is declared whole, passes when all is well, and is red when it is not",
    async (name, { summary, suites, timeoutSeconds }) => {
      expect(summary).toMatch(/^[A-Z].*[^.]$/);
      expect(suites).toContain("full");
      expect(timeoutSeconds).toBeGreaterThan(0);
      const well = await run(name, makeWorld());
      expect(well, name).toEqual({ state: "passed", evidence: expect.arrayContaining([expect.any(String)]) });
      const broken = makeWorld();
      breakage[name]?.(broken);
      const found = await run(name, broken);
      expect(found, name).toMatchObject({ state: "failed", next: expect.stringMatching(/\w/) });
      expect(found.evidence.join("")).not.toBe("");
    },
  );

  test("names the agent that is meant and what to type", async () => {
    const world = makeWorld();
    world.fleet.kill("billing");
    expect(await run("processes-as-wanted", world)).toEqual({
      state: "failed",
      evidence: ["should run and have ended: billing"],
      next: "start billing",
    });
    expect(await run("heartbeats-fresh", world)).toMatchObject({ next: "agent billing" });
  });

  test("a host whose clock is wrong is told, although all go by PostgreSQL's", async () => {
    const world = makeWorld();
    Object.assign(world.ports, { clock: { ...world.ports.clock, skewMs: () => -3_600_000 } });
    expect(await run("clocks-agree", world)).toEqual({
      ...{ state: "failed", evidence: ["Redis 0.0 s apart, this host 3600.0 s behind"] },
      next: "timedatectl status",
    });
  });

  test("a list in Redis that wants something else of an agent is not the published one", async () => {
    const world = makeWorld();
    const old = await world.ports.registry.expected();
    await world.ports.registry.setDesired(["billing"], { state: "stopped", by: "x", since: 1, reason: null });
    world.bus({ readFleet: async () => old });
    expect(await run("fleet-published", world)).toMatchObject({ evidence: ["Redis has another state of billing"] });
    expect(await run("processes-as-wanted", world)).toMatchObject({ state: "failed", next: "stop billing" });
  });

  test.each(["heartbeats-fresh", "inboxes-answer", "work-loops-take-canaries", "backlog-bounded"])(
    "%s is skipped when no agent should run",
    async (name) => {
      const world = makeWorld();
      const desired = { state: "stopped", by: null, since: 1, reason: null } as const;
      await world.ports.registry.setDesired(["billing", "invoices"], desired);
      expect(await run(name, world)).toMatchObject({ state: "skipped", evidence: [expect.any(String)] });
    },
  );

  test("what nobody looks at is skipped, and what was not looked at lately is no proof", async () => {
    const world = makeWorld();
    Object.assign(world.ports, {
      dependencies: { current: () => [{ name: "slack", state: "unknown", detail: null }] },
    });
    expect(await run("slack-keeps-up", world)).toMatchObject({ state: "failed" });
    expect(await run("schema-current", world)).toMatchObject({ state: "skipped" });
    Object.assign(world.ports, { dependencies: undefined });
    expect(await run("slack-keeps-up", world)).toMatchObject({ state: "skipped" });
  });

  test("what Redis cannot tell is said, not counted as nothing", async () => {
    const world = makeWorld();
    world.bus({ readWaiting: async (group) => [{ topic: "a", group, lag: null, pending: 0 }] });
    expect(await run("backlog-bounded", world)).toMatchObject({ state: "skipped" });
    world.bus({
      readWaiting: async (group) => [{ topic: "a", group, lag: group === "billing" ? 1 : null, pending: 0 }],
    });
    expect(await run("backlog-bounded", world)).toMatchObject({
      state: "passed",
      evidence: ["1 subscriptions, at most 1 waiting", "1 of 2 subscriptions cannot be measured"],
    });
  });

  test.each<[string, (reading: MonitoringReading) => Partial<MonitoringReading>]>([
    ["rules that are not loaded: AgentGone", ({ rules }) => ({ rules: rules.slice(1) })],
    [
      "rules that fail: AgentGone: no label",
      ({ rules }) => ({ rules: [{ name: "AgentGone", problem: "no label" }, ...rules] }),
    ],
    ["not measured at all: rollcall-exporter", ({ targets }) => ({ targets: targets.slice(1) })],
    [
      "not reached: rollcall-control at b:1: refused",
      ({ targets }) => ({ targets: [...targets, { job: "rollcall-control", address: "b:1", problem: "refused" }] }),
    ],
    ["Prometheus sends its alerts to no Alertmanager", () => ({ alertmanagers: 0 })],
    ["the watchdog's alert has not come from Alertmanager to a control service yet", () => ({ watchdogAt: null })],
    ["the watchdog's alert last came 181 s ago", ({ watchdogAt }) => ({ watchdogAt: (watchdogAt ?? 0) - 151_000 })],
  ])("the watch over the fleet is not whole: %s", async (words, change) => {
    const world = makeWorld();
    watchingBut(change)(world);
    expect(await run("alerting-watches", world)).toMatchObject({ state: "failed", evidence: [words] });
    Object.assign(world.ports, { monitoring: undefined });
    expect(await run("alerting-watches", world)).toMatchObject({ state: "skipped" });
  });

  test("a declared group that is missing and one that nobody declared are named", async () => {
    const world = makeWorld();
    readingBut("billing", "stranger")(world);
    expect(await run("subscriptions-declared", world)).toEqual({
      state: "failed",
      evidence: ["invoices has no group on stock.reserved, nobody declared the group stranger on stock.reserved"],
      next: "agent invoices",
    });
    readingBut("billing", "invoices", "stranger")(world);
    expect(await run("subscriptions-declared", world)).toMatchObject({ next: "bus subs" });
  });

  test("smoke is part of full and smaller", () => {
    const [smoke, full] = SUITES.map((suite) => diagnostics.filter(({ suites }) => suites.includes(suite)).length);
    expect(smoke).toBeGreaterThanOrEqual(12);
    expect(full).toBe(diagnostics.length);
  });
});

describe("findOut", () => {
  afterEach(() => void vi.useRealTimers());
  const made = (check: () => Promise<Finding>) =>
    defineDiagnostic({ name: "x", summary: "X", suites: ["smoke"], timeoutSeconds: 3, run: check });
  const context = makeWorld();

  test("counts what does not answer in time as failed", async () => {
    vi.useFakeTimers();
    const found = findOut(
      made(() => new Promise(() => undefined)),
      context,
    );
    await vi.advanceTimersByTimeAsync(3000);
    expect(await found).toMatchObject({ state: "failed", evidence: ["no answer in 3 s"] });
  });

  test("counts what is away as failed, and passes a bug on", async () => {
    const away = made(() => Promise.reject(new Failure("unavailable", "Redis does not answer")));
    expect(await findOut(away, context)).toMatchObject({ state: "failed", evidence: ["Redis does not answer"] });
    const bug = made(() => Promise.reject(new TypeError("x is not a function")));
    await expect(findOut(bug, context)).rejects.toThrow(TypeError);
  });
});

test("a file that is no check of its own name is refused", async () => {
  const folder = await mkdtemp(join(tmpdir(), "diagnostics-"));
  try {
    await writeFile(join(folder, "a.js"), 'export default { name: "b" }');
    await expect(loadDiagnostics(folder)).rejects.toThrow("a.js does not export");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
