import { describe, expect, test } from "vitest";
import { createServerClock } from "./server-clock.ts";

function setup() {
  const here = { monotonic: 1000, wall: 500_000 };
  return {
    here,
    clock: createServerClock(
      () => here.monotonic,
      () => here.wall,
    ),
  };
}

describe("createServerClock", () => {
  test("is this machine's own time until the server was asked", () => {
    expect(setup().clock.now()).toBe(500_000);
  });

  test("takes the middle of question and answer as the moment that the server named", () => {
    const { here, clock } = setup();
    clock.learn(900_000, 1000, 1010);
    here.monotonic = 1105;
    expect(clock.now()).toBe(900_100);
  });

  test("a wall clock that jumps shows as skew and does not move the server's time", () => {
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

  test("follows a server whose own clock moved", () => {
    const { clock } = setup();
    clock.learn(900_000, 1000, 1000);
    clock.learn(100_000, 1000, 1004);
    expect(clock.now()).toBe(99_998);
  });
});
