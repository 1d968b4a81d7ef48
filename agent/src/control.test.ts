import { FAULTS } from "@rollcall/core/protocol/faults.ts";
import type { ControlMessage } from "@rollcall/core/protocol.ts";
import { describe, expect, test } from "vitest";
import { applyControl, type ControlParts } from "./control.ts";

const drill = (fault: string): ControlMessage => ({
  ...{ v: 1, id: `drill-${fault}`, kind: "drill", epoch: null, deadline: Number.MAX_SAFE_INTEGER },
  ...{ replyTo: null, args: { fault } },
});

/** What happens when a drill is applied, in its order; the fault itself takes its time to begin. */
async function orderOf(fault: string): Promise<string[]> {
  const order: string[] = [];
  const say = async (what: string) => void order.push(what);
  const parts = {
    ...{ epoch: 1, clock: { now: () => 1 }, log: { info: () => undefined } },
    ledger: { find: () => null, write: ({ kind }: { kind: string }) => say(kind) },
    drills: {
      refuse: () => null,
      detailOf: () => null,
      begin: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        order.push("begun");
      },
    },
    reply: () => say("answered"),
    isFenced: async () => false,
  } as unknown as ControlParts;
  await applyControl(parts, drill(fault), () => say("acknowledged"));
  return order;
}

describe("a drill", () => {
  test.each(FAULTS.filter((fault) => fault !== "crash"))("%s is answered when it has begun", async (fault) => {
    expect(await orderOf(fault)).toEqual(["applied", "begun", "outcome", "answered", "acknowledged"]);
  });

  test("crash is answered before it, because nobody is left to say it", async () => {
    expect(await orderOf("crash")).toEqual(["applied", "outcome", "answered", "acknowledged", "begun"]);
  });
});
