import { createAuditLog } from "@rollcall/core/adapters/postgres/audit-log.ts";
import { createDirectorySnapshots } from "@rollcall/core/adapters/postgres/directory-snapshots.ts";
import type { WorkspaceReading } from "@rollcall/core/domain/workspace.ts";
import { openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { run } from "./access.ts";

let store: TestStore;
let out: string[];
let errors: string[];
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());
beforeEach(() => {
  out = [];
  errors = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void out.push(line));
  vi.spyOn(console, "error").mockImplementation((line: string) => void errors.push(line));
});
afterEach(() => void vi.restoreAllMocks());

const access = (...args: string[]) => run(args, { DATABASE_URL: store.url });
const list = (count: number): WorkspaceReading => ({
  people: Array.from({ length: count }, (_, place) => ({
    id: `10000${place}`,
    name: `Person ${place}\u001b[31m`,
    mails: [`p${place}@example.test`],
    isExternal: false,
    grants: [{ role: "operator", group: "operators@example.test", via: [] }],
  })),
  leftOut: [],
});

describe("npm run access", () => {
  test("says that no list was ever read, and that nothing waits", async () => {
    expect(await access("status")).toBe(0);
    expect(out).toEqual(["No list by Google was ever read here."]);
    expect(await access("confirm", "--reason", "x")).toBe(1);
    expect(errors.join()).toContain("There is no list that waits");
  });

  test("shows who would lose which role, and puts the list in force on a word that is written down", async () => {
    const snapshots = createDirectorySnapshots(store.pool);
    await snapshots.save(list(4), 1_000);
    await snapshots.save(list(1), 0);
    await snapshots.noteFailure({ problem: "quota", words: "Google answered 403 quotaExceeded" });
    expect(await access("status")).toBe(0);
    const words = out.join("\n");
    expect(words).toContain("because viewers shrank from 4 to 1 people, operators shrank from 4 to 1 people");
    expect(words).toContain("Person 1·[31m: operator → no role");
    expect(words).toContain("quota, Google answered 403 quotaExceeded");
    expect(await access("confirm", "--reason", "the team moved")).toBe(0);
    expect(out.at(-1)).toBe("The list with 1 person is in force within 2 s.");
    const [newest] = await createAuditLog(store.pool).search({ limit: 1 });
    expect(newest).toMatchObject({ event: "snapshot", action: "confirmed", door: "host", reason: "the team moved" });
  });

  test.each([
    [["confirm"], "confirm needs --reason"],
    [["confirm", "--reason", "x".repeat(201)], "1 to 200 characters"],
    [["approve"], 'There is no "approve"'],
    [["status", "--force"], "--force"],
  ])("%j is refused in words", async (args, words) => {
    expect(await access(...args)).toBe(1);
    expect(errors.join()).toContain(words);
  });
});
