import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readFleetFile } from "./fleet-file.ts";
import { readFleetAside } from "./read-fleet-aside.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aside-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** 2,000 agents: 0.3 MB. */
async function largeFile(change = {}): Promise<string> {
  const agents = Array.from({ length: 2000 }, (_, index) => ({
    ...{ id: `agent-${index}`, group: "orders", does: "captures payments at the bank", criticality: "P1" },
    ...{ consequence: "payments stop", normalSeconds: 2, ...change },
  }));
  const path = join(folder, `${Math.random()}.yaml`);
  await writeFile(path, JSON.stringify({ fleet: "demo", agents }));
  return path;
}

describe("a large list of agents", () => {
  test("is read as a small one is, and the process goes on meanwhile", async () => {
    const path = await largeFile();
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    const read = await readFleetAside(path);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(10);
    expect(read).toEqual(await readFleetFile(path));
  });

  test("is refused with its problems, the first fifty of them", async () => {
    const refused = await readFleetAside(await largeFile({ criticality: "P9" })).catch((error: unknown) => error);
    expect(refused).toMatchObject({ name: "Failure", code: "invalid_input", message: expect.stringContaining("2000") });
    const lines = String((refused as Error).message).split("\n");
    expect(lines[1]).toContain('agents[0].criticality: found "P9"');
    expect(lines).toHaveLength(52);
    expect(lines.at(-1)).toBe("and 1950 more");
  });
});
