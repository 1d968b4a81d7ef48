import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openAnchors } from "@rollcall/core/adapters/audit-anchors.ts";
import { createAuditLog } from "@rollcall/core/adapters/postgres/audit-log.ts";
import { acceptanceOf, openTestStore, type TestStore, tamper } from "@rollcall/test/store-fixture.ts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { run } from "./audit.ts";

let store: TestStore;
let out: string[];
let errors: string[];
beforeAll(async () => {
  store = await openTestStore();
  const log = createAuditLog(store.pool);
  await log.append({
    ...acceptanceOf({ agents: ["billing"] }).audit,
    operationId: "op-1",
    reason: "line\nand \u001b[31mred",
  });
  await log.append({
    ...acceptanceOf({ agents: ["invoices"] }).audit,
    actor: "second",
    operationId: null,
    command: null,
  });
});
afterAll(() => store.close());
beforeEach(() => {
  out = [];
  errors = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void out.push(line));
  vi.spyOn(console, "error").mockImplementation((line: string) => void errors.push(line));
});
afterEach(() => void vi.restoreAllMocks());

const audit = (...args: string[]) => run(args, { DATABASE_URL: store.url });

describe("npm run audit", () => {
  test("verify of an unbroken chain is one line with rows and head, exit 0", async () => {
    expect(await audit("verify")).toBe(0);
    expect(out).toEqual([expect.stringMatching(/^2 rows, unbroken, no anchors, head [0-9a-f]{64}$/)]);
  });

  test("search prints a line per row, newest first, that cannot move the cursor, and the number of rows", async () => {
    expect(await audit("search", "--door", "slack")).toBe(0);
    expect(out).toHaveLength(3);
    expect(out[0]).toMatch(
      /^a-2 {2}\d{4}-.*Z {2}intent {2}second {2}slack {2}– {2}invoices {2}allowed {2}role-operator {2}– {2}–$/,
    );
    expect(out[1]).toMatch(/^a-1 .* op-1 {2}line·and ·\[31mred$/);
    expect(out[2]).toBe("2 rows");
  });

  test.each([
    [["--actor", "second"], ["a-2"]],
    [["--target", "billing"], ["a-1"]],
    [["--operation", "op-1"], ["a-1"]],
    [["--actor", "nobody"], []],
    [
      ["--door", "slack", "--event", "intent", "--decision", "allowed", "--since", "1h"],
      ["a-2", "a-1"],
    ],
    [["--text", "AND", "--command", "restart"], ["a-1"]],
  ])("search %j", async (args, found) => {
    expect(await audit("search", ...args)).toBe(0);
    expect(out.slice(0, -1).map((line) => line.split(" ")[0])).toEqual(found);
  });

  test("search as JSON gives rows as they are", async () => {
    expect(await audit("search", "--json", "--door", "slack", "--limit", "1")).toBe(0);
    expect(out.map((line) => JSON.parse(line))).toMatchObject([{ seq: 2, actor: "second" }]);
    await audit("search", "--limit", "1");
    expect(out.at(-1)).toBe("1 row, there may be more");
  });

  test("an export is checked by a program that shares nothing with ours, with and without anchors", async () => {
    const folder = await mkdtemp(join(tmpdir(), "rollcall-export-"));
    const anchors = await openAnchors({ directory: folder, fleet: "test" });
    const [newest] = await createAuditLog(store.pool).search({ limit: 1 });
    await anchors.add({ seq: newest?.seq ?? 0, hash: newest?.hash ?? "", at: new Date() });
    const file = join(folder, "audit.jsonl");
    let text = "";
    vi.spyOn(process.stdout, "write").mockImplementation((part, ...more) => {
      text += part;
      (more.find((one) => typeof one === "function") as (() => void) | undefined)?.();
      return true;
    });
    expect(await audit("export")).toBe(0);
    vi.mocked(process.stdout.write).mockRestore();
    await writeFile(file, text);
    const program = join(import.meta.dirname, "../../docs/verify-audit-export.mjs");
    const check = (...args: string[]) => spawnSync(process.execPath, [program, file, ...args], { encoding: "utf8" });
    expect(check().stdout).toMatch(/^\d+ rows from 1 to \d+, unbroken, no anchors compared, last hash [0-9a-f]{64}\n$/);
    expect(check("--anchors", folder).stdout).toContain("1 anchors fit");
    await writeFile(file, text.replace("billing", "invoice"));
    expect(check()).toMatchObject({ status: 2, stdout: expect.stringMatching(/^broken at row 1: edited/) });
    await writeFile(file, text.split("\n").slice(0, -3).join("\n"));
    expect(check().status).toBe(0);
    expect(check("--anchors", folder)).toMatchObject({ status: 2, stdout: expect.stringContaining("cut off") });
    await rm(folder, { recursive: true });
  });

  test("verify of a broken chain names the first bad row, exit 2", async () => {
    await tamper(store.pool, "update audit_log set body = replace(body, 'second', 'nobody') where seq = 2");
    expect(await audit("verify")).toBe(2);
    expect(out).toEqual(["broken at row 2: edited: its hash does not fit its text; 1 row fit the row before"]);
    await tamper(store.pool, "update audit_log set body = replace(body, 'nobody', 'second') where seq = 2");
  });

  test("help lists what there is", async () => {
    expect([await audit("--help"), await audit()]).toEqual([0, 1]);
    expect(out[0]).toContain("npm run audit -- verify");
  });

  test.each([
    [["frobnicate"], /There is no "frobnicate"/],
    [["verify", "twice"], /There is no "verify twice"/],
    [["search", "--limit", "many"], /--limit is "many"\. Allowed: a whole number from 1 to 10000/],
    [["search", "--limit", "0"], /--limit is "0"/],
    [["search", "--event", "gossip"], /--event is "gossip"; allowed: authentication, /],
    [["search", "--decision", "maybe"], /--decision is "maybe"; allowed: allowed, refused/],
    [["search", "--since", "soon"], /--since is "soon"; allowed: 30m, 12h, 7d/],
    [["export", "--format", "xml"], /--format is "xml"; allowed: jsonl, csv/],
    [["verify", "--fast"], /Unknown option '--fast'/],
  ])("%j is one clear line, exit 1", async (args, line) => {
    expect(await audit(...args)).toBe(1);
    expect(errors).toEqual([expect.stringMatching(line)]);
    expect(out).toEqual([]);
  });

  test("a database that is away is said, exit 1", async () => {
    expect(await run(["verify"], { DATABASE_URL: "postgres://nobody@127.0.0.1:9/none" })).toBe(1);
    expect(errors[0]).toContain("PostgreSQL does not answer. Is the stack running?");
  });

  test("the local stack is found by its data folder and port offset", async () => {
    const folder = await mkdtemp(join(tmpdir(), "rollcall-audit-"));
    expect(await run(["verify"], { ROLLCALL_DATA_DIR: folder })).toBe(1);
    expect(errors.pop()).toContain("start the stack first, or set DATABASE_URL");
    await writeFile(join(folder, "secrets.json"), "{}");
    expect(await run(["verify"], { ROLLCALL_DATA_DIR: folder })).toBe(1);
    expect(errors.pop()).toContain("secrets.json is damaged");
    await rm(folder, { recursive: true });
  });
});
