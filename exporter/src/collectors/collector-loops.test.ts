import { Failure } from "@rollcall/core/domain/failure.ts";
import { afterEach, describe, expect, test } from "vitest";
import type { Collector } from "./collector.ts";
import { type CollectionProblem, CollectorLoops, type CollectorView } from "./collector-loops.ts";

const load = (value: number) => ({ rollcall_host_load: [{ labels: [], value }] });
const collector = (
  name: Collector["name"],
  collect: Collector["collect"],
  changes: Partial<Collector> = {},
): Collector => ({
  ...{ name, everySeconds: 0.02, timeoutSeconds: 0.1, collect },
  ...changes,
});

let loops: CollectorLoops;
let problems: [name: string, reason: CollectionProblem][];
function start(...collectors: Collector[]): void {
  problems = [];
  loops = new CollectorLoops(collectors, (name, reason) => problems.push([name, reason]));
  loops.start();
}
afterEach(() => loops.stop());

const viewOf = (name: string): CollectorView =>
  loops.state().collectors.find((one) => one.name === name) as CollectorView;
const values = () =>
  loops
    .state()
    .samples("rollcall_host_load")
    .map(({ value }) => value);

describe("the collectors", () => {
  test("one that fails and one that hangs are counted, and take nothing from the third", async () => {
    start(
      collector("docker", async () => {
        throw new Failure("unavailable", "away");
      }),
      collector("pm2", () => new Promise(() => undefined)),
      collector("cron", async () => JSON.parse("{")),
      collector("host", async () => load(1)),
    );
    await expect.poll(() => viewOf("pm2").failures.timeout).toBeGreaterThan(2);
    expect(viewOf("docker").failures).toMatchObject({ timeout: 0, bug: 0 });
    expect(viewOf("docker").failures.unavailable).toBeGreaterThan(0);
    expect(viewOf("cron").failures.bug).toBeGreaterThan(0);
    expect(viewOf("host")).toMatchObject({ isUp: true, failures: { timeout: 0, unavailable: 0, bug: 0 } });
    expect(values()).toEqual([1]);
    expect(problems.toSorted()).toEqual([
      ["cron", "bug"],
      ["docker", "unavailable"],
      ["pm2", "timeout"],
    ]);
  });

  test("of one that hangs no second collection is begun", async () => {
    let begun = 0;
    const hang = () => {
      begun += 1;
      return new Promise<never>(() => undefined);
    };
    start(collector("pm2", hang));
    await expect.poll(() => viewOf("pm2").failures.timeout).toBeGreaterThan(3);
    expect(begun).toBe(1);
  });

  test("what was measured stays for a while, with its age, and vanishes when nothing newer comes", async () => {
    let isAway = false;
    const sometimes = async () => {
      if (isAway) throw new Failure("unavailable", "away");
      return load(7);
    };
    start(collector("host", sometimes, { everySeconds: 0.2 }));
    await expect.poll(values).toEqual([7]);
    isAway = true;
    await expect.poll(() => viewOf("host").isUp).toBe(false);
    await expect.poll(values).toEqual([]);
    expect(viewOf("host").ageSeconds).toBeGreaterThan(0.6);
    isAway = false;
    await expect.poll(values).toEqual([7]);
    expect(viewOf("host")).toMatchObject({ isUp: true });
  });

  test("before the first collection has ended nothing is said of its outcome", () => {
    start(collector("host", () => new Promise(() => undefined), { timeoutSeconds: 60 }));
    expect(viewOf("host")).toMatchObject({ isUp: null, ageSeconds: Number.POSITIVE_INFINITY, durationSeconds: null });
  });

  test("that are stopped hear it, and begin no further collection", async () => {
    let begun = 0;
    const heard: string[] = [];
    const wait = (signal: AbortSignal) => {
      begun += 1;
      signal.addEventListener("abort", () => heard.push("abort"));
      return new Promise<never>(() => undefined);
    };
    start(collector("host", wait, { timeoutSeconds: 60 }));
    loops.stop();
    await expect.poll(() => heard).toEqual(["abort"]);
    expect(begun).toBe(1);
    expect(problems).toEqual([]);
  });
});
