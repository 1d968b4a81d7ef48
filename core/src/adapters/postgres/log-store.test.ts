import { prepareForControl } from "@rollcall/test/control-database.ts";
import { createTestDatabase } from "@rollcall/test/database.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { LogLine } from "../../domain/log-line.ts";
import type { LogFilter, LogStore } from "../../ports/log-store.ts";
import { createLogStore } from "./log-store.ts";
import { createPool, type Pool } from "./pool.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
/** As the control service, whose role owns no tables, and as the owner of the tables. */
let control: Pool;
let owner: Pool;
let logs: LogStore;
beforeAll(async () => {
  database = await createTestDatabase();
  control = createPool({ url: await prepareForControl(database.url), name: "test" });
  owner = createPool({ url: database.url, name: "test" });
  logs = createLogStore(control);
});
afterAll(async () => {
  await Promise.all([control.end(), owner.end()]);
  await database.drop();
});

const DAY_MS = 86_400_000;
const NOW = Date.now();
const MINUTE_MS = 60_000;
let place = 0;

beforeEach(async () => {
  await owner.query("truncate log_lines restart identity");
  await owner.query("truncate log_cursors");
  for (const name of await partitions()) if (name !== "log_lines_default") await owner.query(`drop table ${name}`);
  place = 0;
});

const lineOf = (text: string, more: Partial<LogLine> = {}): LogLine => ({
  ...{ source: "billing", kind: "agent", at: NOW - MINUTE_MS, level: "info", text },
  ...{ trace: null, run: null, operation: null, fields: {} },
  ...more,
});

/** Takes lines in, one piece after another. */
async function take(...lines: LogLine[]): Promise<void> {
  const before = place === 0 ? null : String(place);
  place += 1;
  expect(await logs.keep({ source: "test", before, after: String(place), lines })).toBe(true);
}
const texts = async (filter: LogFilter, page: Partial<Parameters<LogStore["search"]>[1]> = {}) =>
  (await logs.search(filter, { limit: 100, ...page })).map(({ text }) => text);
const partitions = async () => {
  const { rows } = await owner.query(
    "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'log_lines'::regclass order by 1",
  );
  return rows.map(({ relname }) => relname as string);
};
const dayName = (at: number): string => `log_lines_${new Date(at).toISOString().slice(0, 10).replaceAll("-", "_")}`;

describe("keeping lines", () => {
  test("brings back what was kept, and knows where to go on", async () => {
    const line = lineOf("paid", { level: "warn", trace: "t1", run: "r1", operation: "op-4", fields: { order: "7" } });
    await take(line);
    expect(await logs.search({}, { limit: 10 })).toEqual([{ ...line, id: 1 }]);
    expect([await logs.cursor("test"), await logs.cursor("other")]).toEqual(["1", null]);
  });

  test("that somebody else has read meanwhile keeps nothing", async () => {
    await take(lineOf("first"));
    for (const before of [null, "0"]) {
      const piece = { source: "test", before, after: "9", lines: [lineOf("again")] };
      expect(await logs.keep(piece)).toBe(false);
    }
    expect(await logs.keep({ source: "new", before: "5", after: "6", lines: [lineOf("lost place")] })).toBe(false);
    expect([await texts({}), await logs.cursor("test")]).toEqual([["first"], "1"]);
  });

  test("by two at once from the same place keeps the lines of one of them", async () => {
    const piece = { source: "test", before: null, after: "1", lines: [lineOf("once")] };
    const kept = await Promise.all([1, 2, 3, 4].map(() => logs.keep(piece)));
    expect(kept.filter(Boolean)).toHaveLength(1);
    expect(await texts({})).toEqual(["once"]);
  });

  test("moves no place if a line cannot be kept", async () => {
    const lines = [lineOf("good"), lineOf("bad", { level: "worse" as never, text: null as never })];
    await expect(logs.keep({ source: "test", before: null, after: "1", lines })).rejects.toThrow();
    expect([await texts({}), await logs.cursor("test")]).toEqual([[], null]);
  });

  test("takes any text: U+0000, half a surrogate pair, quotes and braces", async () => {
    const odd = 'a\0b \ud800 {"x",\\} \'; drop table log_lines --';
    await take(lineOf(odd, { fields: { [odd]: odd }, source: odd }));
    const [line] = await logs.search({ words: ["drop table"] }, { limit: 1 });
    expect(line?.text).toBe('a␀b � {"x",\\} \'; drop table log_lines --');
    expect(line?.fields).toEqual({ [line?.text ?? ""]: line?.text });
  });

  test("counts a time that lies ahead as now, and one that is none as long ago", async () => {
    await take(lineOf("ahead", { at: NOW + 400 * DAY_MS }), lineOf("never", { at: Number.NaN }));
    const [ahead, never] = await logs.search({}, { limit: 2 });
    expect(Math.abs((ahead?.at ?? 0) - NOW)).toBeLessThan(10 * MINUTE_MS);
    expect(never?.at).toBe(0);
  });
});

describe("places that are read", () => {
  test("say when they were read, and why they cannot be read just now", async () => {
    await take(lineOf("one"));
    await logs.noteProblem("test", "docker does not answer");
    await logs.noteProblem("gone", "no such folder");
    expect(await logs.sources()).toEqual([
      { name: "gone", readAt: null, problem: "no such folder" },
      { name: "test", readAt: expect.any(Number), problem: "docker does not answer" },
    ]);
    await take(lineOf("two"));
    expect((await logs.sources())[1]).toMatchObject({ name: "test", problem: null });
  });

  test("that could not be read at first begin from the beginning", async () => {
    await logs.noteProblem("test", "no such folder");
    await take(lineOf("one"));
    expect(await texts({})).toEqual(["one"]);
  });
});

describe("searching", () => {
  test.each<[string, LogFilter, string[]]>([
    ["a level and worse", { level: "error" }, ["failed 100% of a_b", "down"]],
    ["sources", { sources: ["billing"] }, ["paid order", "failed 100% of a_b"]],
    ["several sources", { sources: ["billing", "invoices"] }, ["paid order", "failed 100% of a_b", "down"]],
    ["no source at all", { sources: [] }, []],
    ["words in any case", { words: ["PAID", "order"] }, ["paid order"]],
    ["words of which one is missing", { words: ["paid", "failed"] }, []],
    ["a percent sign as itself", { words: ["100% of"] }, ["failed 100% of a_b"]],
    ["an underscore as itself", { words: ["a_b"] }, ["failed 100% of a_b"]],
    ["a wildcard that no line says", { words: ["paid%order"] }, []],
    ["a sign for any one that no line says", { words: ["pai_ order"] }, []],
    ["a backslash that no line says", { words: ["\\"] }, []],
    ["a field by its name and value", { words: ["customer=ANNA"] }, ["down"]],
    ["an operation as a word", { words: ["op-481"] }, ["down"]],
    ["a regular expression", { pattern: "^(paid|down)" }, ["paid order", "down"]],
    ["a field", { fields: { customer: "anna" } }, ["down"]],
    ["another value of a field", { fields: { customer: "ann" } }, []],
    ["a trace", { trace: "t1" }, ["down"]],
    ["a run", { run: "r1" }, ["down"]],
    ["an operation", { operation: "op-481" }, ["down"]],
    ["a time", { from: NOW - 2 * MINUTE_MS, to: NOW - MINUTE_MS }, ["failed 100% of a_b"]],
  ])("by %s", async (_, filter, expected) => {
    await take(
      lineOf("paid order", { at: NOW - 3 * MINUTE_MS }),
      lineOf("failed 100% of a_b", { at: NOW - 2 * MINUTE_MS, level: "error" }),
      lineOf("down", {
        ...{ source: "invoices", level: "fatal", trace: "t1", run: "r1", operation: "op-481" },
        fields: { customer: "anna" },
      }),
    );
    expect((await texts(filter)).toReversed()).toEqual(expected);
  });

  test("goes page by page in both directions, lines of one moment too", async () => {
    await take(...["a", "b", "c", "d"].map((text) => lineOf(text)));
    const [d, c] = await logs.search({}, { limit: 2 });
    expect([d?.text, c?.text]).toEqual(["d", "c"]);
    expect(await texts({}, { before: c })).toEqual(["b", "a"]);
    expect(await texts({}, { behind: null, limit: 2 })).toEqual(["a", "b"]);
    expect(await texts({}, { behind: { at: c?.at ?? 0, id: 2 } })).toEqual(["c", "d"]);
  });

  test.each(["(", "[z-a]", "a{2,1}", "\\"])(
    "refuses %s as a pattern even of no line, and says why",
    async (pattern) => {
      const failure = await logs.search({ pattern }, { limit: 1 }).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: "invalid_input", detail: { found: pattern } });
      expect((failure as Error).message).toMatch(/^the pattern is no regular expression: \w/);
    },
  );
});

describe("following", () => {
  test("shows what was taken in after a line, in that order, whatever its time", async () => {
    await take(lineOf("old"));
    const newest = await logs.newest();
    await take(lineOf("late", { at: NOW - DAY_MS }), lineOf("new"), lineOf("other", { source: "invoices" }));
    const lines = await logs.after(newest, { sources: ["billing"] }, 10);
    expect(lines.map(({ text }) => text)).toEqual(["late", "new"]);
    expect(await logs.taken(newest)).toEqual({ newest: newest + 3, counts: { info: 3 } });
    expect(await logs.taken(newest + 3)).toEqual({ newest: newest + 3, counts: {} });
  });

  test("never meets a smaller id later: a writer waits until the one before has committed", async () => {
    const other = await control.connect();
    await other.query("begin");
    await other.query("select pg_advisory_xact_lock(hashtextextended('log_lines', 0))");
    await other.query("select nextval('log_lines_id')");
    const kept = take(lineOf("second"));
    expect(await Promise.race([kept.then(() => "kept"), new Promise((done) => setTimeout(done, 150, "waits"))])).toBe(
      "waits",
    );
    await other.query("commit");
    other.release();
    await kept;
    expect(await logs.newest()).toBe(2);
  });
});

describe("counting", () => {
  test("gives each stretch of the time its lines by level, the empty ones too", async () => {
    const from = NOW - 4 * MINUTE_MS;
    await take(
      ...[lineOf("a", { at: from }), lineOf("b", { at: from + 1, level: "error" })],
      ...[lineOf("c", { at: from + 2 * MINUTE_MS }), lineOf("out", { at: from + 3 * MINUTE_MS })],
    );
    expect(await logs.count({ from, to: from + 3 * MINUTE_MS }, MINUTE_MS)).toEqual([
      { from, counts: { info: 1, error: 1 } },
      { from: from + MINUTE_MS, counts: {} },
      { from: from + 2 * MINUTE_MS, counts: { info: 1 } },
    ]);
  });
});

describe("forgetting", () => {
  test("makes today and tomorrow, and moves what came before its day was made", async () => {
    await take(lineOf("today", { at: NOW }), lineOf("two days ago", { at: NOW - 2 * DAY_MS }));
    expect(await partitions()).toEqual(["log_lines_default"]);
    expect(await logs.forget(7)).toBe(0);
    expect(await partitions()).toEqual(
      [dayName(NOW - 2 * DAY_MS), dayName(NOW), dayName(NOW + DAY_MS), "log_lines_default"].toSorted(),
    );
    expect(await texts({})).toEqual(["today", "two days ago"]);
    const { rows } = await owner.query("select count(*)::int as stray from log_lines_default");
    expect(rows).toEqual([{ stray: 0 }]);
    await take(lineOf("later"));
    expect(await logs.forget(7)).toBe(0);
  });

  test("drops days that are older, made or not, and says how many", async () => {
    await take(lineOf("kept", { at: NOW - DAY_MS }), lineOf("made", { at: NOW - 5 * DAY_MS }));
    await logs.forget(7);
    await take(lineOf("stray", { at: NOW - 30 * DAY_MS }), lineOf("of no time", { at: 0 }));
    expect(await logs.forget(3)).toBe(3);
    expect(await texts({})).toEqual(["kept"]);
  });

  test("waits for a search that is under way instead of failing", async () => {
    await take(lineOf("old", { at: NOW - 9 * DAY_MS }));
    const reader = await control.connect();
    await reader.query("begin");
    await reader.query("select count(*) from log_lines");
    const gone = logs.forget(3);
    await new Promise((done) => setTimeout(done, 700));
    await reader.query("commit");
    reader.release();
    expect(await gone).toBe(1);
  });

  test.each([0, 1.5, 4000])("of %s days is refused", async (days) => {
    await expect(logs.forget(days)).rejects.toMatchObject({ code: "invalid_input" });
  });
});
