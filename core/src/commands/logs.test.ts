import { openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createLogStore } from "../adapters/postgres/log-store.ts";
import type { ReadCommand } from "../command.ts";
import { type Look, lookAt, named } from "../command-fixture.ts";
import { parseCommandWords } from "../command-words.ts";
import { Failure } from "../domain/failure.ts";
import type { LogLine } from "../domain/log-line.ts";
import type { Report } from "../domain/report.ts";
import { FakeFleet } from "../fleet-fixture.ts";
import type { LogStore } from "../ports/log-store.ts";

let store: TestStore;
let logs: LogStore;
beforeAll(async () => {
  store = await openTestStore();
  logs = createLogStore(store.pool);
});
afterAll(() => store.close());

const NOW = Date.now();
let fleet: FakeFleet;
let place: string | null;
beforeEach(async () => {
  await store.pool.query("truncate log_lines restart identity");
  await store.pool.query("truncate log_cursors");
  place = null;
  fleet = new FakeFleet("billing", "content-generator", "content-strategist");
  fleet.now = NOW;
  Object.assign(fleet.ports, { logs });
});

const lineOf = (text: string, more: Partial<LogLine> = {}): LogLine => ({
  ...{ source: "billing", kind: "agent", at: NOW - 60_000, level: "info", text },
  ...{ trace: null, run: null, operation: null, fields: {} },
  ...more,
});
async function take(...lines: LogLine[]): Promise<void> {
  const after = `${place ?? ""}x`;
  await logs.keep({ source: "test", before: place, after, lines });
  place = after;
}
const show = (input: Record<string, unknown>) => lookAt(fleet, { name: "logs", input: { page: 1, ...input } } as Look);
const fileOf = async (input: Record<string, unknown>): Promise<Report["file"]> =>
  (await (named("logs") as ReadCommand).run({ page: 1, ...input }, fleet.reading())).file;

describe("logs", () => {
  test("says what the last lines come to, shows the last errors, and holds all of them as a file", async () => {
    await take(
      ...[lineOf("started"), lineOf("slow", { level: "warn" }), lineOf("retry", { level: "warn" })],
      ...Array.from({ length: 6 }, (_, count) => lineOf(`failed ${count}`, { level: "error", at: NOW - 5000 + count })),
      lineOf("died\n  at pay.ts:3", { level: "fatal", at: NOW - 1000, operation: "op-4" }),
    );
    const report = await show({ id: "billing" });
    expect(report.headline).toBe("🔴 *billing* — 7 errors, 2 warnings in the last 10 lines");
    expect(report.context).toBe("from T-60 to T-1 · as of T0");
    expect(report.lines).toEqual([
      ...["T-4.998 ERROR failed 2", "T-4.997 ERROR failed 3", "T-4.996 ERROR failed 4", "T-4.995 ERROR failed 5"],
      "T-1 FATAL died",
    ]);
    expect(report.sameAs).toBe("same as /fleet logs billing");
    expect(report.actions.map(({ label }) => label)).toEqual(["Errors only"]);
    expect(report.data).toMatchObject({
      sources: ["billing"],
      counts: { info: 1, warn: 2, error: 6, fatal: 1 },
      older: false,
    });
    const file = await fileOf({ id: "billing" });
    expect([file?.name, file?.title]).toEqual(["billing.log", "Logs of billing"]);
    expect(file?.text.split("\n")).toHaveLength(12);
    expect(file?.text).toContain("FATAL billing died\n      at pay.ts:3 op=op-4\n");
  });

  test("shows the last lines where nothing is bad", async () => {
    await take(lineOf("a"), lineOf("b"));
    const { headline, lines } = await show({ id: "billing" });
    expect(headline).toBe("🟢 *billing* — nothing bad in the last 2 lines");
    expect(lines).toEqual(["T-60 INFO a", "T-60 INFO b"]);
  });

  test("pages through older lines", async () => {
    await take(...Array.from({ length: 250 }, (_, count) => lineOf(`line ${count}`)));
    const first = await show({ id: "billing" });
    expect(first.actions).toMatchObject([{ label: "Older 100", command: "logs", input: { id: "billing", page: 2 } }]);
    const last = await show({ id: "billing", page: 3 });
    expect(last.headline).toBe("🟢 *billing* — nothing bad in lines 201 to 250");
    expect([last.context, last.sameAs, last.actions]).toEqual([
      ...["from T-60 to T-60 · page 3 · as of T0", "same as /fleet logs billing --page 3", []],
    ]);
    expect((await fileOf({ id: "billing", page: 3 }))?.text.split("\n")[0]).toMatch(/INFO billing line 0$/);
  });

  test.each([
    [{ text: "cannot read" }, "🔴 *billing* — 1 error in the last 1 line"],
    [{ level: "warn" }, "🔴 *billing* — 1 error, 1 warning in the last 2 lines"],
    [{ since: "30m" }, "🟡 *billing* — 1 warning in the last 1 line of 30m"],
    [{ text: "nobody says this" }, "⚪ *billing* — no line is kept that fits"],
    [{ since: "1m", level: "fatal" }, "⚪ *billing* — no line in 1m"],
  ])("of %j", async (input, headline) => {
    await take(
      lineOf("cannot read key.pem", { level: "error", at: NOW - 3_600_000 }),
      ...[lineOf("slow", { level: "warn" }), lineOf("old", { at: NOW - 7_200_000 })],
    );
    expect((await show({ id: "billing", ...input })).headline).toBe(headline);
  });

  test("takes part of a name, and says the whole", async () => {
    await take(lineOf("a"));
    const { headline, sameAs } = await show({ id: "bill" });
    expect([headline, sameAs]).toEqual([
      "🟢 *billing* — nothing bad in the last 1 line",
      "same as /fleet logs billing",
    ]);
  });

  test("takes groups and patterns, and names who wrote what", async () => {
    await take(
      lineOf("a", { source: "content-generator" }),
      lineOf("b", { source: "content-strategist" }),
      lineOf("c"),
    );
    expect((await show({ id: "content-*" })).lines).toEqual([
      "T-60 INFO content-generator a",
      "T-60 INFO content-strategist b",
    ]);
  });

  test("takes the name of a service that has written something", async () => {
    await take(lineOf("served", { source: "control-service", kind: "service" }));
    expect((await show({ id: "control-service" })).lines).toEqual(["T-60 INFO served"]);
  });

  test("of a name that fits several agents is a choice between them", async () => {
    await expect(show({ id: "content" })).rejects.toMatchObject({
      ...{ code: "unknown_agent", message: expect.stringContaining('"content" fits 2 agents. Choose:') },
      detail: { allowed: ["content-generator", "content-strategist"] },
    });
  });

  test("names places that cannot be read now", async () => {
    await take(lineOf("a"));
    await logs.noteProblem("docker", "does not answer");
    expect((await show({ id: "billing" })).context).toContain("cannot be read now: docker");
  });

  test("is read as it is typed", () => {
    const { input } = parseCommandWords('logs billing "cannot read" key --since 2h --level warn --page 2', [
      named("logs"),
    ]);
    expect(input).toEqual({ id: "billing", text: "cannot read key", since: "2h", level: "warn", page: 2 });
    for (const wrong of ["logs", "logs billing --page 0", "logs billing --level bad", "logs billing --since 2"])
      expect(() => parseCommandWords(wrong, [named("logs")])).toThrow(Failure);
  });

  test("lets no line be bold, code, or a time of ours", async () => {
    await take(lineOf("*all well* `x` {{time:0}} <!channel> \u202eevil\u001b[2J", { level: "error" }));
    const { lines } = await show({ id: "billing" });
    expect(lines).toEqual(["T-60 ERROR ∗all well∗ 'x' { {time:0}} <!channel> �evil�[2J"]);
    const { text = "" } = (await fileOf({ id: "billing" })) ?? {};
    expect(["\u202e", "\u001b"].filter((sign) => text.includes(sign))).toEqual([]);
  });
});

describe("logs while PostgreSQL is away", () => {
  const away = () => Promise.reject(new Failure("unavailable", "PostgreSQL does not answer"));
  beforeEach(() => void Object.assign(fleet.ports, { logs: { ...logs, search: away, sources: away } }));

  test("shows what the supervisor has of the agent, without secrets, and says so", async () => {
    const output = async (id: string) => ["a", `token=rc_${"x".repeat(43)}`, `${id} \u001b[31mfailed`];
    Object.assign(fleet.ports, { supervisor: { ...fleet.ports.supervisor, output } });
    const report = await show({ id: "billing" });
    expect(report.headline).toBe("❔ *billing* — the last 3 lines, from its supervisor");
    expect(report.context).toContain("PostgreSQL does not answer");
    expect(report.lines[2]).toBe("billing �[31mfailed");
    expect(report.data).toMatchObject({ isFallback: true });
    expect(JSON.stringify([report, await fileOf({ id: "billing" })])).not.toContain("xxxxx");
  });

  test("says what is away where nothing else has the lines", async () => {
    await expect(show({ id: "billing" })).rejects.toMatchObject({
      ...{ code: "unavailable", message: "kept lines cannot be read: PostgreSQL does not answer" },
    });
    const output = () => Promise.reject(new Failure("invalid_input", "billing runs under docker"));
    Object.assign(fleet.ports, { supervisor: { ...fleet.ports.supervisor, output } });
    await expect(show({ id: "billing" })).rejects.toMatchObject({
      ...{ code: "unavailable", detail: { next: expect.stringContaining("docker") } },
    });
  });
});
