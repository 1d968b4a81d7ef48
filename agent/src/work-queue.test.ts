import { describe, expect, test } from "vitest";
import { createWorkQueue } from "./work-queue.ts";

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
function setup(mayWork = async () => true) {
  const done: string[] = [];
  let now = 1000;
  const queue = createWorkQueue({ now: () => now, mayWork });
  const item = (name: string, until: Promise<void> = Promise.resolve()) => ({
    name,
    run: async () => {
      await until;
      done.push(name);
    },
  });
  return { queue, done, item, pass: (ms: number) => (now += ms), canary: () => done.push("canary") > 0 };
}
function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe("createWorkQueue", () => {
  test("counts the time in items, that of the one in hand too, and none while it has nothing to do", async () => {
    const { queue } = setup();
    const item = Promise.withResolvers<void>();
    queue.add({ name: "orders", run: () => item.promise });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(queue.state().busySeconds).toBeGreaterThan(0.015);
    item.resolve();
    await settle();
    const { busySeconds } = queue.state();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(queue.state().busySeconds).toBe(busySeconds);
  });

  test("works on one item at a time, and a canary passes those that wait", async () => {
    const { queue, done, item, pass, canary } = setup();
    const { open, opened } = gate();
    queue.add(item("first", opened));
    queue.add(item("second"));
    await settle();
    queue.addCanary(canary);
    expect(queue.state()).toMatchObject({ inFlight: 1, oldestInFlightAt: 1000, canary: { waitingSince: 1000 } });
    pass(40);
    open();
    await settle();
    expect(done).toEqual(["first", "canary", "second"]);
    expect(queue.state()).toMatchObject({
      inFlight: 0,
      oldestInFlightAt: null,
      canary: { handledAt: 1040, tookMs: 40, waitingSince: null },
    });
  });

  test("a closed queue finishes the item in hand and takes nothing more until it is opened again", async () => {
    const { queue, done, item, canary } = setup();
    const { open, opened } = gate();
    queue.add(item("first", opened));
    queue.add(item("second"));
    await settle();
    queue.close();
    open();
    await queue.idle();
    queue.addCanary(canary);
    await settle();
    expect(done).toEqual(["first"]);
    expect(queue.state().canary.waitingSince).toBe(1000);
    queue.reopen();
    await settle();
    expect(done).toEqual(["first", "canary", "second"]);
  });

  test("a hung loop takes neither items nor canaries, and says since when", async () => {
    const { queue, done, item, canary } = setup();
    queue.hang();
    await settle();
    queue.add(item("never"));
    queue.addCanary(canary);
    await settle();
    expect(done).toEqual([]);
    expect(queue.state()).toMatchObject({ inFlight: 1, oldestInFlightAt: 1000, canary: { waitingSince: 1000 } });
  });

  test("a loop that hangs over an item still shows it as in hand", async () => {
    const { queue, done, item } = setup();
    const { open, opened } = gate();
    queue.add(item("first", opened));
    queue.add(item("never"));
    await settle();
    queue.hang();
    open();
    await settle();
    expect(done).toEqual(["first"]);
    expect(queue.state().inFlight).toBe(1);
  });

  test("no more than twenty canaries wait", () => {
    const { queue, canary } = setup();
    queue.close();
    const taken = Array.from({ length: 25 }, () => queue.addCanary(canary));
    expect(taken.filter(Boolean)).toHaveLength(20);
  });

  test("works on nothing once it may not", async () => {
    const { queue, done, item } = setup(async () => false);
    queue.add(item("never"));
    await settle();
    expect(done).toEqual([]);
  });
});
