import { createHash } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import type { ActCommand } from "../command.ts";
import { lookAt, named, type Ran, type Run, runOn } from "../command-fixture.ts";
import { FakeFleet } from "../fleet-fixture.ts";

let fleet: FakeFleet;
beforeEach(() => {
  fleet = new FakeFleet("billing", "invoices", "order-validator");
});

const look = (name: string) => lookAt(fleet, { name });
const run = (name: string, agent: string, change: Partial<Run> = {}): Promise<Ran> =>
  runOn(fleet, { ...change, name, agent });
const targetsOf = async (name: string, input: Record<string, unknown>): Promise<string[]> =>
  (await (named(name) as ActCommand).targets(input, fleet.reading())).map(({ id }) => id);

describe("restart", () => {
  test("stops, starts and proves that it works", async () => {
    const { results, ending } = await run("restart", "billing");
    expect(ending).toBe("recovered");
    expect(results.map(({ state }) => state)).toEqual(["done", "done", "done", "done", "skipped"]);
    expect(fleet.effects).toEqual(["stop billing", "op-1:billing:start"]);
  });

  test("starts one that is gone, and stops nobody", async () => {
    fleet.kill("billing");
    const { results, ending } = await run("restart", "billing");
    expect(results[1]).toEqual({ state: "skipped", detail: "was gone" });
    expect(ending).toBe("recovered");
    expect(fleet.effects).toEqual(["op-1:billing:start"]);
  });

  test.each([["stopped"], ["started"], ["working"], ["alert clear"]])(
    "goes on after a crash in the stage %s, with the same effects",
    async (crash) => {
      expect((await run("restart", "billing", { crash })).ending).toBe("recovered");
      expect(fleet.effects).toEqual(["stop billing", "op-1:billing:start"]);
    },
  );

  test("goes on after a crash when the order was sent and not stored, and does not say that it was gone", async () => {
    const { results, ending } = await run("restart", "billing", { crash: "sent" });
    expect([ending, results[1]]).toEqual(["recovered", { state: "done" }]);
    expect(fleet.effects).toEqual(["stop billing", "op-1:billing:start"]);
  });

  test("wants a stopped agent to run again", async () => {
    await run("stop", "billing");
    await run("restart", "billing", { id: "op-2" });
    expect(fleet.agent("billing").expected.desired).toMatchObject({ state: "running", by: "Operator on call" });
  });

  test("of a card takes its alert, here and at the pager", async () => {
    fleet.kill("billing");
    const { groupKey } = fleet.fire("inc-7", "billing");
    setTimeout(() => fleet.resolve("inc-7"), 50);
    expect((await run("restart", "billing", { incidentId: "inc-7" })).ending).toBe("recovered");
    const key = createHash("sha256").update(groupKey).digest("hex").slice(0, 6);
    expect(fleet.effects).toEqual(["acknowledge inc-7 by restarting operator", `page ${key}`, "op-1:billing:start"]);
  });

  test("goes on when the pager cannot be told, and says so", async () => {
    fleet.fire("inc-7", "billing");
    fleet.away.add("pager");
    setTimeout(() => fleet.resolve("inc-7"), 50);
    const { results, ending } = await run("restart", "billing", { incidentId: "inc-7" });
    expect(results[0]?.detail).toBe("not acknowledged in PagerDuty: PagerDuty does not answer");
    expect(ending).toBe("recovered");
  });

  test("does nothing at all while Redis is away", async () => {
    fleet.away.add("redis");
    const { results, ending } = await run("restart", "billing");
    expect(ending).toBe("failed");
    expect(results[0]?.error).toBe("Redis does not answer. Nothing was done.");
    expect(fleet.effects).toEqual([]);
  });

  test("is about the agents that were named", async () => {
    expect(await targetsOf("restart", { who: ["@orders", "!billing"] })).toEqual(["invoices", "order-validator"]);
    await expect(targetsOf("restart", { who: [] })).rejects.toThrow("Restart whom?");
  });
});

describe("stop and start", () => {
  test("stop wants it stopped first, and it stays so", async () => {
    expect((await run("stop", "billing")).ending).toBe("done");
    expect(fleet.effects).toEqual(["desired billing stopped", "stop billing"]);
    expect((await look("status")).headline).toBe("🟢 *2 of 2 work*");
  });

  test("stop of one that is gone only keeps it so", async () => {
    fleet.kill("billing");
    const { results, ending } = await run("stop", "billing");
    expect([ending, results[1]?.detail]).toEqual(["done", "was gone"]);
  });

  test("start wants it to run, starts it and proves that it works", async () => {
    await run("stop", "billing");
    expect((await run("start", "billing", { id: "op-2" })).ending).toBe("done");
    expect(fleet.effects.slice(2)).toEqual(["desired billing running", "op-2:billing:start"]);
  });

  test("start of one that runs starts nothing", async () => {
    const { results, ending } = await run("start", "billing");
    expect([ending, results[1]?.detail]).toEqual(["done", "was running"]);
    expect(fleet.effects).toEqual([]);
  });

  test("are about the agents that were named", async () => {
    expect(await targetsOf("stop", { who: ["billing"] })).toEqual(["billing"]);
    expect(await targetsOf("start", { who: ["billing"] })).toEqual(["billing"]);
  });
});

describe("drill", () => {
  const drill = { command: "drill", input: { fault: "hang", id: "billing" } };

  test("gives the fault to the one process that is there", async () => {
    expect((await run("drill", "billing", drill)).ending).toBe("done");
    expect(fleet.effects).toEqual(["drill hang billing"]);
  });

  test("an agent that does not answer leaves it unknown", async () => {
    fleet.agent("billing").answersEcho = false;
    const { results, ending } = await run("drill", "billing", drill);
    expect([ending, results[0]?.error]).toEqual(["unknown", "billing did not answer in 5 s"]);
  });

  test.each([
    [
      "never seen",
      () => Object.assign(fleet.agent("billing"), { beatAgeMs: null }),
      "billing was never seen. Nothing was done.",
    ],
    ["out of reach", () => fleet.away.add("redis"), "Redis does not answer"],
  ])("fails on an agent that is %s", async (_, make, error) => {
    make();
    expect((await run("drill", "billing", drill)).results[0]).toMatchObject({ state: "failed", error });
  });

  test.each([["all"], ["@orders"], ["*"], ["owner=orders"], ["billing,invoices"]])(
    "takes one agent, not %s",
    async (id) => {
      await expect(targetsOf("drill", { fault: "hang", id })).rejects.toThrow("A drill takes one agent by its id.");
    },
  );

  test("is about the agent that was named", async () => {
    expect(await targetsOf("drill", { fault: "hang", id: "billing" })).toEqual(["billing"]);
  });
});

describe("ack", () => {
  test("takes the alert, here and at the pager", async () => {
    fleet.fire("inc-7", "billing");
    expect(await targetsOf("ack", { alert: "inc-7" })).toEqual([]);
    expect((named("ack") as ActCommand).incidentId?.({ alert: "inc-7" })).toBe("inc-7");
    expect((await run("ack", "", { incidentId: "inc-7" })).ending).toBe("done");
    expect(fleet.effects[0]).toBe("acknowledge inc-7 plainly operator");
  });

  test("says that an alert is not there, and which are", async () => {
    await expect(targetsOf("ack", { alert: "inc-9" })).rejects.toThrow(
      "There is no inc-9. Nothing fires. Nothing was done.",
    );
    fleet.fire("inc-7", "billing");
    await expect(targetsOf("ack", { alert: "inc-9" })).rejects.toThrow("There is no inc-9. Firing: inc-7.");
  });

  test("takes nothing that has ended", async () => {
    fleet.fire("inc-7", "billing");
    fleet.resolve("inc-7");
    await expect(targetsOf("ack", { alert: "inc-7" })).rejects.toThrow("inc-7 has ended already. Nothing was done.");
    await run("ack", "", { incidentId: "inc-7" });
    expect(fleet.effects).toEqual([]);
  });
});
