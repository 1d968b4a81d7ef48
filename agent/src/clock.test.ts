import { describe, expect, test } from "vitest";
import { createClock, parseTime } from "./clock.ts";

function setup() {
  const here = { monotonic: 1000, wall: 500_000 };
  return {
    here,
    clock: createClock(
      () => here.monotonic,
      () => here.wall,
    ),
  };
}

describe("createClock", () => {
  test("is this machine's own time until Redis was asked", () => {
    expect(setup().clock.now()).toBe(500_000);
  });

  test("takes the middle of question and answer as the moment that Redis named", () => {
    const { here, clock } = setup();
    clock.learn(900_000, 1000, 1010);
    here.monotonic = 1105;
    expect(clock.now()).toBe(900_100);
  });

  test("a wall clock that jumps shows as skew and does not move the time of the bus", () => {
    const { here, clock } = setup();
    clock.learn(500_000, 1000, 1000);
    here.wall += 600_000;
    expect(clock.now()).toBe(500_000);
    expect(clock.skewMs()).toBe(600_000);
  });

  test("a slow answer does not spoil what a quick one said", () => {
    const { clock } = setup();
    clock.learn(900_000, 1000, 1002);
    clock.learn(900_300, 1000, 1500);
    expect(clock.now()).toBe(899_999);
  });

  test("follows Redis when its own clock moved", () => {
    const { clock } = setup();
    clock.learn(900_000, 1000, 1000);
    clock.learn(100_000, 1000, 1004);
    expect(clock.now()).toBe(99_998);
  });
});

test("parseTime reads seconds and microseconds", () => {
  expect(parseTime(["1700000000", "123999"])).toBe(1_700_000_000_123);
});
