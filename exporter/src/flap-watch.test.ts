import { describe, expect, test } from "vitest";
import { FlapWatch } from "./flap-watch.ts";

const MINUTE = 60_000;
const START = 1_800_000_000_000;

/** An agent whose processes are seen one after another. */
class Course {
  readonly #watch = new FlapWatch();
  #epoch = 1;

  constructor() {
    this.beats(0);
  }

  beats(minutes: number, activity: "idle" | "stopping" = "idle"): this {
    this.#watch.see({ agent: "billing", epoch: this.#epoch, activity }, START + minutes * MINUTE);
    return this;
  }

  /** A new process, where the one before ended as its last beat left it. */
  starts(...minutes: number[]): this {
    for (const minute of minutes) {
      this.#epoch += 1;
      this.beats(minute);
    }
    return this;
  }

  flaps(minutes: number, { isUp = true, isOff = false } = {}): boolean {
    return this.#watch.judge("billing", { now: START + minutes * MINUTE, isUp, isOff });
  }

  leaves(): this {
    this.#watch.keepOnly(new Set());
    return this;
  }
}

describe("an agent flaps", () => {
  test("with its third restart within ten minutes", () => {
    const course = new Course().starts(1, 4);
    expect(course.flaps(4)).toBe(false);
    expect(course.starts(9).flaps(9)).toBe(true);
  });

  test("until it has stayed up for ten minutes since the last one", () => {
    const course = new Course().starts(1, 4, 9);
    expect([9, 12, 18.9, 19].map((minutes) => course.flaps(minutes))).toEqual([true, true, true, false]);
  });

  test("still when whoever restarted it has given up, and until it was up again for ten minutes", () => {
    const course = new Course().starts(1, 4, 9);
    expect(course.flaps(9)).toBe(true);
    expect(course.flaps(60, { isUp: false })).toBe(true);
    expect(course.starts(61).flaps(70)).toBe(true);
    expect(course.flaps(71)).toBe(false);
  });

  test("no more once it is off on purpose, nor when it is wanted again", () => {
    const course = new Course().starts(1, 2, 3);
    expect(course.flaps(3)).toBe(true);
    expect(course.flaps(4, { isUp: false, isOff: true })).toBe(false);
    expect(course.starts(5).flaps(5)).toBe(false);
  });
});

describe("an agent does not flap", () => {
  test("whose restarts are further apart", () => {
    expect(new Course().starts(1, 6, 11.1).flaps(11.1)).toBe(false);
  });

  test("whose processes said that they stop, as one that is restarted by an order does", () => {
    const course = new Course();
    for (const minutes of [1, 2, 3, 4]) course.beats(minutes, "stopping").starts(minutes);
    expect(course.flaps(4)).toBe(false);
  });

  test("of which nothing was seen before", () => {
    expect(new FlapWatch().judge("billing", { now: START, isUp: false, isOff: false })).toBe(false);
  });

  test("that beats again and again in one process", () => {
    const course = new Course();
    for (const minutes of [1, 2, 3, 4]) course.beats(minutes);
    expect(course.flaps(4)).toBe(false);
  });

  test("when it comes back after it was expected no more", () => {
    const course = new Course().starts(1, 2, 3).leaves().starts(4);
    expect(course.flaps(4)).toBe(false);
  });
});
