import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { refuseStranger } from "../break-glass/host.ts";
import { readOrMakeSecrets } from "../stack/secrets.ts";
import { run } from "./break-glass.ts";

let folder: string;
let out: string[];
let errors: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "break-glass-"));
  readOrMakeSecrets(join(folder, "secrets.json"));
  out = [];
  errors = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void out.push(line));
  vi.spyOn(console, "error").mockImplementation((line: string) => void errors.push(line));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

// Nothing listens there: what gets as far as Redis and the supervisor says so.
const use = (...args: string[]) =>
  run(args, {
    ...{ ROLLCALL_DATA_DIR: folder, REDIS_URL: "redis://127.0.0.1:1", DATABASE_URL: "" },
    ROLLCALL_SUPERVISOR_SOCKET: join(folder, "none.sock"),
  });
const spool = () => readFile(join(folder, "break-glass", "break-glass.jsonl"), "utf8").catch(() => "");
const REASON = ["--reason", "PostgreSQL is away"];

describe("npm run break-glass", () => {
  test.each([
    [["restart", "billing"], "it needs --reason"],
    [["restart", "billing", "--reason", "x".repeat(201)], "1 to 200 characters"],
    [["restart", "billing", "invoices", ...REASON], "takes one agent here"],
    [["restart", "content-*", ...REASON], "one at a time here"],
    [["restart", "bilingg", ...REASON], "Meant billing?"],
    [["discard", "billing", ...REASON], '"discard" does not work by break-glass. Allowed: restart, start, stop.'],
    [["block", "olga", ...REASON], '"block" does not work by break-glass'],
  ])("%j is refused in words, and nothing is written down", async (args, words) => {
    expect(await use(...args)).toBe(1);
    expect(errors.join()).toContain(words);
    expect(await spool()).toBe("");
  });

  test("writes down what it tried before it tried it, also when nothing answers", async () => {
    expect(await use("restart", "billing", ...REASON)).toBe(2);
    const steps = (await spool())
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).body.step);
    expect(steps).toEqual(["began", "stage", "ended"]);
    expect(out.at(-1)).toMatch(/^❌ restart billing: failed\. It will be audited, and needs a review\.$/);
  });

  test("does nothing once its spool is damaged", async () => {
    await use("restart", "billing", ...REASON);
    const file = join(folder, "break-glass", "break-glass.jsonl");
    await writeFile(file, (await spool()).replace("billing", "invoices"));
    out.length = 0;
    expect(await use("restart", "billing", ...REASON)).toBe(2);
    expect(errors.join()).toContain("damaged at line 1");
    expect(out.join()).not.toContain("sent");
  });

  test("works one at a time; a lock whose process is gone does not count", async () => {
    await mkdir(join(folder, "break-glass"));
    await writeFile(join(folder, "break-glass", "lock"), String(process.pid));
    expect(await use("restart", "billing", ...REASON)).toBe(1);
    expect(errors.join()).toContain(`another break-glass runs here, process ${process.pid}`);
    await writeFile(join(folder, "break-glass", "lock"), "999999999");
    expect(await use("restart", "billing", ...REASON)).toBe(2);
  });

  test("is for root and for the owner of the data alone", async () => {
    await chmod(folder, 0o777);
    const owner = process.getuid?.() ?? 0;
    expect(() => refuseStranger(owner, folder)).not.toThrow();
    expect(() => refuseStranger(0, folder)).not.toThrow();
    expect(() => refuseStranger(owner + 4711, folder)).toThrow("for root and for the owner");
  });

  test("without a data folder says which", async () => {
    expect(await run(["stop", "billing", ...REASON], { ROLLCALL_DATA_DIR: join(folder, "none") })).toBe(1);
    expect(errors.join()).toContain(`there is no data folder ${join(folder, "none")}`);
  });
});
