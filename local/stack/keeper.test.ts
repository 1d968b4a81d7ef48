import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { startChild } from "../tools/child.ts";
import { createKeeper, type Keeper, type KeptProcess } from "./keeper.ts";
import type { ProcessRow } from "./run-state.ts";

const home = mkdtempSync(join(tmpdir(), "rollcall-keeper-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

let said: string[];
let rows: readonly ProcessRow[];
let keeper: Keeper;
let starts: number;

beforeEach(() => {
  said = [];
  rows = [];
  starts = 0;
  keeper = createKeeper({
    say: (sentence) => said.push(sentence),
    onChange: (news) => {
      rows = news;
    },
    logOf: (name) => `${name}.log`,
  });
});
afterEach(async () => {
  keeper.giveUp();
  await keeper.stop(keeper.rows().map(({ name }) => name));
});

/** A process of Node that does what the script says. */
const node = (script: string): KeptProcess => ({
  name: "exporter",
  port: 9464,
  start: async () => {
    starts += 1;
    return startChild({
      name: "exporter",
      path: process.execPath,
      args: ["-e", script],
      ownGroup: true,
      logFile: join(home, "exporter.log"),
    });
  },
});
const forever = "setInterval(() => {}, 1000)";
const row = () => rows[0] as ProcessRow;

describe("a kept process", () => {
  test("that is killed is said so and started again, and what depends on it is done again", async () => {
    let again = 0;
    await keeper.add(node(forever));
    keeper.onRestart("exporter", async () => {
      again += 1;
    });
    keeper.watch();
    const first = row().pid;
    keeper.signal("exporter", "SIGKILL");
    await expect
      .poll(() => said, { timeout: 15_000 })
      .toEqual(["exporter ended (SIGKILL); started again in 0.5 s · exporter.log", "exporter runs again"]);
    expect(row()).toMatchObject({ state: "running", restarts: 1, ending: "SIGKILL" });
    expect(row().pid).not.toBe(first);
    expect(again).toBe(1);
  });

  test("that keeps ending is started again after growing pauses", async () => {
    await keeper.add(node("process.exit(3)"));
    keeper.watch();
    await expect
      .poll(
        () =>
          said.filter((sentence) => sentence.includes("exit 3")).map((sentence) => /in ([\d.]+) s/.exec(sentence)?.[1]),
        {
          timeout: 15_000,
        },
      )
      .toEqual(expect.arrayContaining(["0.5", "1", "2"]));
  });

  test("that is held stays down until it is released", async () => {
    await keeper.add(node(forever));
    keeper.watch();
    await keeper.hold("exporter");
    expect(row()).toMatchObject({ state: "held", pid: null });
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(starts).toBe(1);
    await keeper.release("exporter");
    expect(row()).toMatchObject({ state: "running" });
    expect(starts).toBe(2);
    expect(said).toEqual([]);
  });

  test("that ends during the start of the stack is left to the step that waits for it", async () => {
    await keeper.add(node("process.exit(3)"));
    await expect.poll(() => row().state).toBe("ended");
    expect(said).toEqual([]);
    expect(starts).toBe(1);
  });

  test("that cannot be started is said with the reason and tried again", async () => {
    await keeper.add(node(forever));
    keeper.watch();
    const process = node(forever);
    let failures = 0;
    await keeper.stop(["exporter"]);
    const other = createKeeper({
      say: (sentence) => said.push(sentence),
      onChange: () => undefined,
      logOf: () => "x.log",
    });
    await other.add({
      ...process,
      start: async () => {
        failures += 1;
        if (failures === 2) throw new Error("port 9464 is taken");
        return process.start();
      },
    });
    other.watch();
    other.signal("exporter", "SIGKILL");
    await expect
      .poll(() => said, { timeout: 15_000 })
      .toEqual([
        "exporter ended (SIGKILL); started again in 0.5 s · x.log",
        "exporter did not start: port 9464 is taken",
        "exporter runs again",
      ]);
    other.giveUp();
    await other.stop(["exporter"]);
  });

  test("that is still coming up when the stack is given up does not stay behind", async () => {
    const process = node(forever);
    let pid = 0;
    const adding = keeper.add({
      ...process,
      start: async () => {
        const child = await process.start();
        pid = child.pid;
        keeper.giveUp();
        return child;
      },
    });
    await adding;
    expect(() => readFileSync(`/proc/${pid}/environ`)).toThrow();
  });

  test("after giving up nothing is started any more", async () => {
    await keeper.add(node(forever));
    keeper.watch();
    keeper.giveUp();
    await keeper.stop(["exporter"]);
    await expect(keeper.add(node(forever))).rejects.toThrow("being stopped");
    expect(starts).toBe(1);
  });

  test("of another name is answered with the known ones", async () => {
    await keeper.add(node(forever));
    expect(() => keeper.signal("Redis", "SIGTERM")).toThrow("No process Redis in this stack; there are exporter");
  });
});
