import { beforeEach, describe, expect, test } from "vitest";
import { type CountedAttempts, countAttempts } from "./count-attempts.ts";
import type { AuditEntry } from "./domain/audit.ts";
import type { Refusal } from "./ports/attempts.ts";

const BEGIN = Date.parse("2026-11-21T03:10:00Z");
const anna = { actor: "anna", door: "http", identity: "token:t-laptop" } as const;
const wrongToken: Refusal = { event: "authentication", door: "http", reason: "unknown-credential" };

let now: number;
let rows: AuditEntry[];
let isAway: boolean;
let problems: string[];
let attempts: CountedAttempts;
beforeEach(() => {
  now = BEGIN;
  rows = [];
  isAway = false;
  problems = [];
  attempts = countAttempts({
    audit: {
      async append(entry) {
        if (isAway) throw new Error("away");
        return rows.push(entry);
      },
    },
    clock: { now: () => now },
    onProblem: (problem) => void problems.push(problem),
  });
});
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("who is believed", () => {
  test("is one row an hour for each person, door and credential", async () => {
    for (let request = 0; request < 100; request += 1) attempts.admitted(anna);
    attempts.admitted({ ...anna, identity: "token:t-phone" });
    attempts.admitted({ ...anna, door: "terminal" });
    attempts.admitted({ ...anna, actor: "ben" });
    now += 3_599_999;
    attempts.admitted(anna);
    expect(rows).toHaveLength(4);
    expect(rows[0]).toMatchObject({
      event: "authentication",
      actor: "anna",
      identity: "token:t-laptop",
      decision: "allowed",
    });
    now += 1;
    attempts.admitted(anna);
    expect(rows).toHaveLength(5);
  });

  test("is written with a later request if it could not be written at first, and tried once in ten seconds", async () => {
    isAway = true;
    attempts.admitted(anna);
    await settled();
    attempts.admitted(anna);
    await settled();
    isAway = false;
    now += 10_000;
    attempts.admitted(anna);
    expect([rows.length, problems]).toEqual([1, ["a sign-in could not be audited"]]);
  });
});

describe("who is turned away", () => {
  test("100,000 in a minute are one row with their number, the time and at most five names", async () => {
    for (let request = 0; request < 100_000; request += 1)
      attempts.refused({ ...wrongToken, identity: `${request}`.padEnd(300, "x") });
    now += 59_000;
    attempts.refused(wrongToken);
    expect(rows).toEqual([]);
    await attempts.flush();
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ actor: "unknown", door: "http", rule: "unknown-credential", decision: "refused" });
    const detail = { count: 100_001, since: "2026-11-21T03:10:00.000Z", until: "2026-11-21T03:10:59.000Z" };
    expect(rows[0]?.detail).toMatchObject(detail);
    const named = rows[0]?.detail.named as string[];
    expect(named.map((name) => name.length)).toEqual([100, 100, 100, 100, 100]);
  });

  test("is a row of its own for each kind, door and reason", async () => {
    attempts.refused(wrongToken);
    attempts.refused({ ...wrongToken, reason: "no-credential" });
    attempts.refused({ ...wrongToken, door: "terminal" });
    attempts.refused({ ...wrongToken, event: "limit", reason: "limit", actor: "anna" });
    await attempts.flush();
    expect(rows.map(({ event, door, rule, actor }) => [event, door, rule, actor])).toEqual([
      ["authentication", "http", "unknown-credential", "unknown"],
      ["authentication", "http", "no-credential", "unknown"],
      ["authentication", "terminal", "unknown-credential", "unknown"],
      ["limit", "http", "limit", "anna"],
    ]);
  });

  test("is not forgotten while the log is away: the next row has them all", async () => {
    isAway = true;
    attempts.refused(wrongToken);
    await attempts.flush();
    now += 60_000;
    attempts.refused(wrongToken);
    await attempts.flush();
    isAway = false;
    await attempts.flush();
    await attempts.flush();
    expect(rows).toHaveLength(1);
    const detail = { count: 2, since: "2026-11-21T03:10:00.000Z", until: "2026-11-21T03:11:00.000Z" };
    expect(rows[0]?.detail).toMatchObject(detail);
    expect(problems).toHaveLength(2);
  });
});
