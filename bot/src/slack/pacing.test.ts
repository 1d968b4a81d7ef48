import { describe, expect, test } from "vitest";
import { createPacing } from "./pacing.ts";

const setUp = () => {
  const clock = { at: 1_000_000, now: () => clock.at };
  return { clock, pacing: createPacing(clock) };
};

describe("pacing", () => {
  test("leaves two seconds between two edits of one message", () => {
    const { clock, pacing } = setUp();
    pacing.edited("op-1");
    clock.at += 1999;
    expect(pacing.mayEdit("op-1")).toBe(false);
    expect(pacing.mayEdit("op-2")).toBe(true);
    clock.at += 1;
    expect(pacing.mayEdit("op-1")).toBe(true);
  });

  test("edits no message within two seconds of its post", () => {
    const { clock, pacing } = setUp();
    pacing.posted("op-1", "C1");
    expect(pacing.mayEdit("op-1")).toBe(false);
    clock.at += 2000;
    expect(pacing.mayEdit("op-1")).toBe(true);
  });

  test("makes at most forty edits in any minute", () => {
    const { clock, pacing } = setUp();
    for (let count = 0; count < 40; count += 1) {
      expect(pacing.mayEdit(`op-${count}`)).toBe(true);
      pacing.edited(`op-${count}`);
      clock.at += 1000;
    }
    expect(pacing.mayEdit("op-new")).toBe(false);
    clock.at += 20_000;
    expect(pacing.mayEdit("op-new")).toBe(true);
  });

  test("posts one message a second in a channel", () => {
    const { clock, pacing } = setUp();
    pacing.posted("op-1", "C1");
    expect(pacing.mayPost("C1")).toBe(false);
    expect(pacing.mayPost("C2")).toBe(true);
    clock.at += 1100;
    expect(pacing.mayPost("C1")).toBe(true);
  });

  test("leaves Slack in peace for as long as it says, for that kind of call only", () => {
    const { clock, pacing } = setUp();
    pacing.pauseFor("edit", 30);
    pacing.pauseFor("edit", 5);
    expect(pacing.mayEdit("op-1")).toBe(false);
    expect(pacing.mayPost("C1")).toBe(true);
    clock.at += 29_999;
    expect(pacing.mayEdit("op-1")).toBe(false);
    clock.at += 1;
    expect(pacing.mayEdit("op-1")).toBe(true);
  });

  test("forgets the oldest of very many messages", () => {
    const { clock, pacing } = setUp();
    pacing.restFor("op-0", 3600);
    for (let count = 1; count <= 1000; count += 1) pacing.restFor(`op-${count}`, 3600);
    expect(pacing.mayTry("op-0")).toBe(true);
    expect(pacing.mayTry("op-1000")).toBe(false);
    clock.at += 3_600_000;
    expect(pacing.mayTry("op-1000")).toBe(true);
  });
});
