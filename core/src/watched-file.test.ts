import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Failure } from "./domain/failure.ts";
import { openWatchedFile } from "./watched-file.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "watched-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function open(name: string, text: string) {
  const path = join(folder, name);
  const problems: string[] = [];
  await writeFile(path, text);
  const read = async (from: string): Promise<string> => {
    const found = await readFile(from, "utf8").catch(() => "bad: gone");
    if (found.startsWith("bad")) throw new Failure("invalid_input", found);
    return found;
  };
  const file = await openWatchedFile({ path, read, onProblem: (problem) => problems.push(problem) });
  return { path, file, problems };
}

describe("openWatchedFile", () => {
  test("refuses to begin with a bad file", async () => {
    await expect(open("start", "bad: x")).rejects.toThrow("bad: x");
  });

  test("reads a changed file again, and an unchanged one not", async () => {
    const { path, file } = await open("change", "one");
    expect(await file.check()).toBe(false);
    await writeFile(path, "second");
    expect([await file.check(), await file.check()]).toEqual([false, true]);
    expect(file.current()).toBe("second");
  });

  test("a bad change is told once, and the last good version stays until the file is mended", async () => {
    const { path, file, problems } = await open("mend", "one");
    await writeFile(path, "bad: a typing mistake");
    expect([await file.check(), await file.check(), await file.check()]).toEqual([false, false, false]);
    expect(file.current()).toBe("one");
    expect(file.problem()).toBe("bad: a typing mistake");
    expect(problems).toEqual(["bad: a typing mistake"]);
    await writeFile(path, "mended");
    expect([await file.check(), await file.check()]).toEqual([false, true]);
    expect([file.current(), file.problem()]).toEqual(["mended", null]);
  });

  test("a file that is still being written is not read", async () => {
    const { path, file, problems } = await open("writing", "one");
    await writeFile(path, "bad: half");
    await file.check();
    await writeFile(path, "whole now");
    expect([await file.check(), await file.check()]).toEqual([false, true]);
    expect(problems).toEqual([]);
  });

  test("a file that vanishes leaves the last version in force", async () => {
    const { path, file, problems } = await open("vanish", "one");
    await rm(path);
    expect([await file.check(), await file.check()]).toEqual([false, false]);
    expect(file.current()).toBe("one");
    expect(problems).toEqual(["bad: gone"]);
  });
});
