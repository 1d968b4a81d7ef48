import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSpool, type SpoolStep } from "./break-glass-spool.ts";

const KEY = "k".repeat(32);
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "spool-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const stepOf = (step: SpoolStep["step"], at: number): SpoolStep => ({
  // In another order than the file has it.
  ...{ reason: "PostgreSQL is away", target: { agent: "billing", memory: { pid: undefined } }, desired: null },
  ...{ v: 1, use: "11111111-1111-4111-8111-111111111111", step, at, actor: "host:root on here", command: "restart" },
  agent: "billing",
});
const file = () => join(folder, "break-glass.jsonl");
async function filled(): Promise<string[]> {
  const spool = openSpool(folder, KEY);
  for (const [at, step] of (["began", "stage", "ended"] as const).entries()) await spool.add(stepOf(step, at));
  return (await readFile(file(), "utf8")).trimEnd().split("\n");
}
const read = () => openSpool(folder, KEY).read();
const put = (lines: readonly string[]) => writeFile(file(), `${lines.join("\n")}\n`);

describe("the spool of break-glass", () => {
  test("gives back every step in order", async () => {
    await filled();
    const { steps, broken } = await read();
    expect(broken).toBeNull();
    expect(steps.map(({ step, line }) => [line, step])).toEqual([
      [1, "began"],
      [2, "stage"],
      [3, "ended"],
    ]);
  });

  test("of nobody is empty", async () => {
    expect(await read()).toEqual({ steps: [], broken: null });
  });

  test.each<[string, (lines: string[]) => string[], number]>([
    ["a changed word", ([a = "", b = "", c = ""]) => [a, b.replace("away", "here"), c], 2],
    ["a line that is missing", ([a = "", , c = ""]) => [a, c], 2],
    ["a line twice", ([a = "", b = "", c = ""]) => [a, b, b, c], 3],
    ["two lines in another order", ([a = "", b = "", c = ""]) => [b, a, c], 1],
    ["a half line", ([a = "", b = "", c = ""]) => [a, b, c.slice(0, 40)], 3],
    ["a line that is none", (lines) => [...lines, "garbage"], 4],
    ["an empty line in between", ([a = "", b = "", c = ""]) => [a, "", b, c], 2],
  ])("%s is noticed, what stands before it is believed, and nothing is added behind it", async (_, change, line) => {
    await put(change(await filled()));
    const found = await read();
    expect(found.broken?.line).toBe(line);
    expect(found.steps).toHaveLength(line - 1);
    await expect(openSpool(folder, KEY).add(stepOf("began", 9))).rejects.toThrow(`damaged at line ${line}`);
  });

  test("lines of somebody without the fleet's secret do not fit", async () => {
    await openSpool(folder, "x".repeat(32)).add(stepOf("began", 1));
    expect((await read()).broken).toEqual({ line: 1, why: "it was changed" });
  });
});
