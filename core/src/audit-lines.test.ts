import { openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAuditLog } from "./adapters/postgres/audit-log.ts";
import { csvLine, type ExportFormat, exportLines } from "./audit-lines.ts";
import { auditEntry } from "./domain/audit.ts";
import type { AuditFilter, AuditLog, AuditRow } from "./ports/audit-log.ts";

let store: TestStore;
let log: AuditLog;
beforeAll(async () => {
  store = await openTestStore();
  log = createAuditLog(store.pool);
  const anna = { event: "decision", actor: "anna", door: "slack", command: "restart", targets: ["billing"] } as const;
  await log.append(auditEntry({ ...anna, decision: "allowed", reason: '=HYPERLINK("x") 100 %_done' }));
  await log.append(auditEntry({ ...anna, actor: "ben", door: "http", decision: "refused", rule: "role-operator" }));
  await log.append(
    auditEntry({
      event: "access",
      actor: "rollcall",
      door: "host",
      before: { a: 1 },
      after: { a: 2 },
      targets: ["ben"],
    }),
  );
});
afterAll(() => store.close());

const found = async (filter: Partial<AuditFilter>) =>
  (await log.search({ limit: 10, ...filter })).map(({ seq }) => seq);
async function exported(format: ExportFormat, filter = {}): Promise<string> {
  let text = "";
  for await (const part of exportLines(log, filter, format)) text += part;
  return text;
}

describe("rows are found by", () => {
  test.each<[Partial<AuditFilter>, number[]]>([
    [{ event: "access" }, [3]],
    [{ door: "http" }, [2]],
    [{ command: "restart" }, [2, 1]],
    [{ decision: "refused" }, [2]],
    [{ text: "hyperlink" }, [1]],
    [{ text: '("x")' }, [1]],
    [{ text: "100 %_done" }, [1]],
    [{ text: "1__ %" }, []],
    [{ text: "\\" }, []],
    [{ order: "oldest" }, [1, 2, 3]],
    [{ after: 3, limit: 1 }, [2]],
    [{ order: "oldest", after: 1, limit: 1 }, [2]],
    [{ from: Date.now() + 60_000 }, []],
    [{ to: Date.now() + 60_000, from: Date.now() - 60_000 }, [3, 2, 1]],
  ])("%j", async (filter, expected) => {
    expect(await found(filter)).toEqual(expected);
  });
});

describe("an export", () => {
  test("as JSON Lines has every row, oldest first, with what its hash is over", async () => {
    const rows = (await exported("jsonl"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as AuditRow);
    expect(rows.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(rows[1]?.prev).toBe(rows[0]?.hash);
    expect(JSON.parse(rows[2]?.body ?? "")).toMatchObject({ seq: 3, before: { a: 1 }, after: { a: 2 } });
  });

  test("as CSV has a line of names, and as many lines as rows that fit", async () => {
    const lines = (await exported("csv", { command: "restart" })).trimEnd().split("\r\n");
    expect(lines[0]).toMatch(/^seq,at,event,actor,identity,door,/);
    expect(lines).toHaveLength(3);
    expect(lines[1]).toContain(`,"'=HYPERLINK(""x"") 100 %_done",`);
  });

  test("goes through any number of rows page by page, and ends at what was newest when it began", async () => {
    const newest = 1234;
    const asked: AuditFilter[] = [];
    const search = async (filter: AuditFilter): Promise<AuditRow[]> => {
      asked.push(filter);
      const row = (seq: number) => ({
        ...auditEntry({ event: "intent", actor: "a", door: "http" }),
        seq,
        at: "",
        hash: "",
      });
      if (filter.order !== "oldest") return [row(newest)];
      // The log grows for ever meanwhile.
      return Array.from({ length: filter.limit }, (_, index) => row((filter.after ?? 0) + index + 1));
    };
    let lines = 0;
    for await (const part of exportLines({ search }, {}, "jsonl")) lines += part.split("\n").length - 1;
    expect(lines).toBe(newest);
    expect(asked.length).toBeLessThan(6);
  });

  test.each([
    ["=1+1", "'=1+1"],
    ["+1", "'+1"],
    ["-1", "'-1"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["\t=1", "'\t=1"],
    [" =1", "' =1"],
    ["|calc", "'|calc"],
    ["%0A", "'%0A"],
    ["\r\n=1", "'\r\n=1"],
    ["a=1", "a=1"],
    ['say "x", y', 'say "x", y'],
  ])("a spreadsheet takes %j for text", (reason, expected) => {
    const row = { ...auditEntry({ event: "intent", actor: "a", door: "http", reason }), seq: 1, at: "t", hash: "h" };
    const cell = csvLine(row).slice("1,t,intent,a,,http,,,,,,".length, -",,,,,,{},,h\r\n".length);
    const unquoted = cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell;
    expect(unquoted).toBe(expected);
  });
});
