import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openLedger } from "./ledger.ts";

const HOUR = 60 * 60 * 1000;
let dir: string;
let path: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "rollcall-ledger-"));
  path = join(dir, "new", "applied.jsonl");
});
afterEach(() => rm(dir, { recursive: true }));
const applied = (id: string, at = Date.now()) => ({ kind: "applied", id, what: "stop", epoch: 1, at }) as const;

describe("openLedger", () => {
  test("an id that was written is found after the process began again, with its outcome", async () => {
    const first = await openLedger(path);
    expect(first.find("op-1")).toBeNull();
    await first.write(applied("op-1"));
    await first.write({ kind: "outcome", id: "op-1", outcome: "done", detail: null, at: Date.now() });
    await first.close();
    expect((await openLedger(path)).find("op-1")).toMatchObject({ what: "stop", outcome: "done" });
  });

  test("a line is on the disk when its write resolves", async () => {
    const ledger = await openLedger(path);
    await ledger.write(applied("op-1"));
    expect(await readFile(path, "utf8")).toContain('"op-1"');
  });

  test("a torn last line costs nothing but itself", async () => {
    const first = await openLedger(path);
    await first.write(applied("op-1"));
    await first.close();
    await appendFile(path, '{"kind":"applied","id":"op-2","wh');
    const second = await openLedger(path);
    await second.write(applied("op-3"));
    await second.close();
    const third = await openLedger(path);
    expect(["op-1", "op-2", "op-3"].map((id) => third.find(id) !== null)).toEqual([true, false, true]);
  });

  test("what is older than 24 hours is forgotten when the agent starts, and nothing else", async () => {
    const first = await openLedger(path);
    await first.write(applied("old", Date.now() - 25 * HOUR));
    await first.write(applied("young", Date.now() - 23 * HOUR));
    await first.write({ kind: "started", id: "op-9:billing:start", epoch: 7, at: Date.now() });
    await first.close();
    const second = await openLedger(path);
    expect(second.find("old")).toBeNull();
    expect(second.find("young")).not.toBeNull();
    const text = await readFile(path, "utf8");
    expect(text).not.toContain('"old"');
    expect(text).toContain("op-9:billing:start");
  });

  test("a file that is no ledger does not keep the agent from starting", async () => {
    await openLedger(path).then((ledger) => ledger.close());
    await writeFile(path, "\u0000\u0000 not json\n{}\n");
    expect((await openLedger(path)).find("op-1")).toBeNull();
  });

  test("a write that fails is told, and later ones still work", async () => {
    const ledger = await openLedger(path);
    await ledger.close();
    await expect(ledger.write(applied("op-1"))).rejects.toThrow();
    expect(ledger.find("op-1")).toBeNull();
  });
});
