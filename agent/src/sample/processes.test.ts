import { type Evidence, judge } from "@rollcall/core/domain/verdict.ts";
import { createStage, type Stage, until } from "@rollcall/test/agent-stage.ts";
import { startFaultProxy } from "@rollcall/test/fault-proxy.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { EXIT_FENCED } from "../index.ts";
import { DECLARED } from "./declared.ts";

const RUNNING = { state: "running", by: null, since: null, reason: null } as const;
let stage: Stage;
beforeAll(async () => {
  stage = await createStage(inject("redisUrl"), DECLARED);
});
afterAll(() => stage.close());

/** Starts it and waits until its inbox is open. */
async function run(agent: string, changes: Parameters<Stage["spawnSample"]>[1] = {}) {
  const before = (await stage.beat(agent))?.epoch ?? 0;
  const running = stage.spawnSample(agent, changes);
  const { epoch } = await stage.beatThat(agent, "of the new process", (beat) => beat.epoch > before);
  return { ...running, epoch };
}

async function evidenceOf(agent: string, changes: Partial<Evidence>): Promise<Evidence> {
  const now = await stage.now();
  const expected = {
    id: agent,
    criticality: "P1",
    normalSeconds: agent === "content-generator" ? 40 : 2,
    desired: RUNNING,
  } as const;
  return {
    expected,
    beat: await stage.beat(agent),
    processUp: true,
    echo: null,
    canary: null,
    canaryRoundAt: now,
    now,
    ...changes,
  };
}

describe("a process of the sample fleet", () => {
  test("whose work loop hangs is alive but not consuming: heartbeat and echo go on, the canary waits", {
    timeout: 90_000,
  }, async () => {
    await run("order-validator");
    expect((await stage.ask("order-validator", "canary")).outcome).toBe("done");
    await stage.ask("order-validator", "drill", { args: { fault: "hang" } });
    const canary = await stage.send("order-validator", "canary");
    const echo = await stage.ask("order-validator", "echo");
    expect(echo.outcome).toBe("done");
    // By direct evidence, once the item is older than normal, and by the heartbeat alone.
    const direct = { echo: 3, canary: "none" } as const;
    await until("the verdict by a roll call", async () => {
      return judge(await evidenceOf("order-validator", direct)).verdict === "alive but not consuming";
    });
    await until(
      "the verdict by the heartbeat",
      async () => judge(await evidenceOf("order-validator", {})).verdict === "alive but not consuming",
      60,
    );
    expect(await stage.replies(canary)).toEqual([]);
  });

  test("that works on a long item is busy, not sick", async () => {
    for (let n = 0; n < 20; n += 1) {
      await stage.publish("content.topic-accepted", { run: "r", advisor: `a-${n}`, subject: "s", tries: 1 });
    }
    await run("content-generator");
    await until("the verdict busy", async () => {
      const evidence = await evidenceOf("content-generator", { canary: "none" });
      return evidence.beat?.inFlight === 1 && judge(evidence).verdict === "busy";
    });
    expect((await stage.ask("content-generator", "canary")).waitedMs).toBeLessThan(15_000);
  });

  test("crashes once when it is told to, and the repeated order has no effect on the next process", async () => {
    const first = await run("billing");
    const message = await stage.send("billing", "drill", { id: "drill-crash", args: { fault: "crash" } });
    expect(await first.ended).toBe("SIGKILL");
    const second = await run("billing", { startedBy: "op-1:billing:start" });
    await stage.send("billing", "drill", { id: "drill-crash", args: { fault: "crash" } });
    await until("the answer of the ledger", async () =>
      (await stage.replies(message)).find(({ outcome, epoch }) => outcome === "repeated" && epoch === second.epoch),
    );
    expect(second.child.exitCode).toBeNull();
    const ledger = await stage.ledger("billing");
    expect(ledger.filter(({ kind }) => kind === "applied")).toHaveLength(1);
    expect(ledger).toContainEqual(
      expect.objectContaining({ kind: "started", id: "op-1:billing:start", epoch: second.epoch }),
    );
  });

  test("killed between the ledger and the answer does not apply the message again", async () => {
    const direct = new URL(stage.config("invoices").redisUrl);
    const proxy = await startFaultProxy(Number(direct.port));
    const through = new URL(direct);
    through.port = String(proxy.port);
    const first = await run("invoices", { redisUrl: through.href });
    proxy.swallowFrom(stage.keys.replies("op-2:invoices:stop"));
    const message = await stage.send("invoices", "stop", {
      id: "op-2:invoices:stop",
      deadline: (await stage.now()) + 60_000,
    });
    await until("the ledger", async () => (await stage.ledger("invoices")).some(({ kind }) => kind === "applied"));
    first.child.kill("SIGKILL");
    await first.ended;
    expect(await stage.replies(message)).toEqual([]);
    const second = await run("invoices");
    expect(await stage.reply(message)).toMatchObject({ outcome: "repeated", epoch: second.epoch });
    expect((await stage.ask("invoices", "echo")).outcome).toBe("done");
    expect(second.child.exitCode).toBeNull();
    await proxy.close();
  });

  test("exits 0 on SIGTERM and on a stop over the bus", async () => {
    const first = await run("shipping");
    first.child.kill("SIGTERM");
    expect(await first.ended).toBe(0);
    const second = await run("shipping");
    expect((await stage.ask("shipping", "stop")).outcome).toBe("done");
    expect(await second.ended).toBe(0);
    expect((await stage.beat("shipping"))?.activity).toBe("stopping");
  });

  test("that was frozen while another took its place does no more work and exits", async () => {
    const first = await run("stock-keeper");
    first.child.kill("SIGSTOP");
    const second = await run("stock-keeper");
    first.child.kill("SIGCONT");
    expect(await first.ended).toBe(EXIT_FENCED);
    expect(first.output()).toContain("a newer process runs as this agent");
    expect((await stage.beat("stock-keeper"))?.epoch).toBe(second.epoch);
    expect(second.child.exitCode).toBeNull();
  });

  test("says all that is wrong with its environment, and exits 1", async () => {
    const wrong = stage.spawnSample("nobody-knows-me");
    expect(await wrong.ended).toBe(1);
    expect(wrong.output()).toContain('"nobody-knows-me" is no agent of the sample fleet');
    const worse = stage.spawnSample("billing", { key: "x", redisUrl: "nothing" });
    expect(await worse.ended).toBe(1);
    expect(worse.output()).toMatch(/REDIS_URL.*\n.*ROLLCALL_AGENT_KEY/);
  });
});
