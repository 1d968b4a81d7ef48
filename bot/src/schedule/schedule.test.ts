import { Failure } from "@rollcall/core/domain/failure.ts";
import type { ControlMessage } from "@rollcall/core/protocol.ts";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { agentOf, NOW } from "../http/app-fixture.ts";
import { createLog } from "../log.ts";
import { createMetrics } from "../metrics/metrics.ts";
import { sendCanaryRound } from "./canaries.ts";
import { startLoop } from "./loop.ts";
import { watchOutbox } from "./outbox-lag.ts";
import { createReadiness } from "./readiness.ts";
import { retryWhileUnavailable } from "./retry.ts";

const away = async (): Promise<never> => {
  throw new Failure("unavailable", "Redis does not answer");
};

describe("a loop", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const start = (options: { everyMs: number; when?: () => boolean; run: () => Promise<void> }) => {
    const logs: string[] = [];
    const metrics = createMetrics({ version: "0" });
    const deps = {
      log: createLog("info", { write: (line: string) => void logs.push(line) }),
      metrics: metrics.schedule,
      clock: { now: () => NOW },
    };
    return { logs, metrics, loop: startLoop({ name: "canaries", ...options }, deps) };
  };

  test("begins at once and again after its time", async () => {
    const run = vi.fn(async () => undefined);
    const { loop } = start({ everyMs: 1000, run });
    await vi.advanceTimersByTimeAsync(2_500);
    expect(run).toHaveBeenCalledTimes(3);
    await loop.stop();
  });

  test("never runs two rounds at once, however slow one is", async () => {
    let running = 0;
    let most = 0;
    const run = vi.fn(async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 3_500));
      running -= 1;
    });
    const { loop } = start({ everyMs: 1000, run });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(most).toBe(1);
    expect(run.mock.calls.length).toBeGreaterThanOrEqual(5);
    const stopped = loop.stop();
    await vi.advanceTimersByTimeAsync(4_000);
    await stopped;
  });

  test("goes on after failures, and says when they begin and end, not each", async () => {
    let isAway = true;
    const { loop, logs, metrics } = start({ everyMs: 1000, run: async () => (isAway ? away() : undefined) });
    await vi.advanceTimersByTimeAsync(5_500);
    isAway = false;
    await vi.advanceTimersByTimeAsync(2_000);
    await loop.stop();
    expect(logs.map((line) => JSON.parse(line).msg)).toEqual(["loop fails, it goes on trying", "loop works again"]);
    const text = await metrics.registry.metrics();
    expect(text).toContain('rollcall_schedule_runs_total{loop="canaries",outcome="failed"} 6');
    expect(text).toContain(`rollcall_schedule_last_success_timestamp_seconds{loop="canaries"} ${NOW / 1000}`);
  });

  test("leaves out the rounds in which it may not run", async () => {
    let leads = false;
    const run = vi.fn(async () => undefined);
    const { loop } = start({ everyMs: 1000, when: () => leads, run });
    await vi.advanceTimersByTimeAsync(3_500);
    expect(run).not.toHaveBeenCalled();
    leads = true;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(run).toHaveBeenCalledTimes(1);
    await loop.stop();
  });

  test("ends with the round that runs, and begins none after", async () => {
    const gate = Promise.withResolvers<void>();
    const run = vi.fn(() => gate.promise);
    const { loop } = start({ everyMs: 1000, run });
    let stopped = false;
    const stopping = loop.stop().then(() => {
      stopped = true;
    });
    await vi.advanceTimersByTimeAsync(10);
    expect(stopped).toBe(false);
    gate.resolve();
    await stopping;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(run).toHaveBeenCalledTimes(1);
  });
});

describe("a canary round", () => {
  const fleet = {
    v: 1 as const,
    fleet: "demo",
    version: 1,
    at: NOW,
    topics: [],
    agents: [
      agentOf("billing"),
      agentOf("invoices"),
      agentOf("old-crm", { presence: "supervisor" }),
      agentOf("shipping", { desired: { state: "stopped", by: "operator", since: NOW, reason: null } }),
    ],
  };
  const ports = (order: string[], sent: { agent: string; message: ControlMessage }[]) => ({
    registry: { expected: async () => fleet },
    bus: {
      now: async () => NOW,
      send: async (messages: readonly { agent: string; message: ControlMessage }[]) => {
        order.push("sent");
        sent.push(...messages);
      },
      markCanaryRound: async () => void order.push("marked"),
    },
  });

  test("goes to each agent that should run and speaks the protocol, wants no answer, and is marked after it went out", async () => {
    const order: string[] = [];
    const sent: { agent: string; message: ControlMessage }[] = [];
    await sendCanaryRound(ports(order, sent) as never);
    expect(sent.map(({ agent }) => agent)).toEqual(["billing", "invoices"]);
    for (const { message } of sent)
      expect(message).toMatchObject({ kind: "canary", replyTo: null, epoch: null, deadline: NOW + 45_000 });
    expect(order).toEqual(["sent", "marked"]);
  });

  test("gives every canary of every round an id of its own", async () => {
    const sent: { agent: string; message: ControlMessage }[] = [];
    await sendCanaryRound(ports([], sent) as never);
    await sendCanaryRound(ports([], sent) as never);
    expect(new Set(sent.map(({ message }) => message.id)).size).toBe(4);
  });

  test("that could not go out is not marked", async () => {
    const order: string[] = [];
    const made = ports(order, []);
    await expect(sendCanaryRound({ ...made, bus: { ...made.bus, send: away } } as never)).rejects.toThrow("Redis");
    expect(order).toEqual([]);
  });
});

describe("readiness", () => {
  const make = (check: () => Promise<string | null>, required = true) => {
    const clock = { at: NOW, now: () => clock.at };
    return { clock, readiness: createReadiness([{ name: "redis", required, check }], clock) };
  };

  test("is unknown, so not ready, before the first look", () => {
    const { readiness } = make(async () => null);
    expect(readiness.current()).toMatchObject({ ready: false, dependencies: [{ state: "unknown", checkedAt: null }] });
  });

  test("says since when something has been up or down, in our words", async () => {
    let isAway = false;
    const { readiness, clock } = make(async () => (isAway ? away() : "7 ms"));
    await readiness.refresh();
    clock.at += 1000;
    await readiness.refresh();
    expect(readiness.current()).toMatchObject({
      ready: true,
      dependencies: [{ name: "redis", state: "up", detail: "7 ms", since: NOW, checkedAt: NOW + 1000 }],
    });
    isAway = true;
    clock.at += 1000;
    await readiness.refresh();
    expect(readiness.current()).toMatchObject({
      ready: false,
      dependencies: [{ state: "down", detail: "Redis does not answer", since: NOW + 2000 }],
    });
  });

  test("shows no words of a driver", async () => {
    const { readiness } = make(async () => {
      throw new Error("password authentication failed for user rollcall");
    });
    await readiness.refresh();
    expect(readiness.current().dependencies[0]).toMatchObject({ state: "down", detail: "does not answer" });
  });

  test("is there in spite of something that is only good to have", async () => {
    const { readiness } = make(away, false);
    await readiness.refresh();
    expect(readiness.current()).toMatchObject({ ready: true, dependencies: [{ state: "down", required: false }] });
  });

  test("gives up a look that hangs after 2 s", async () => {
    vi.useFakeTimers();
    try {
      const { readiness } = make(() => new Promise(() => undefined));
      const looked = readiness.refresh();
      await vi.advanceTimersByTimeAsync(2_000);
      await looked;
      expect(readiness.current().dependencies[0]).toMatchObject({ state: "down", detail: "no answer in 2 s" });
    } finally {
      vi.useRealTimers();
    }
  });

  test("is unknown when nobody has looked for a while", async () => {
    const { readiness, clock } = make(async () => null);
    await readiness.refresh();
    clock.at += 15_001;
    expect(readiness.current()).toMatchObject({ ready: false, dependencies: [{ state: "unknown" }] });
  });
});

describe("the outbox", () => {
  test("is late when a message has been behind for over a minute, and not when it was shown in between", async () => {
    const clock = { at: NOW, now: () => clock.at };
    let keys = ["op-1", "op-2"];
    const { slack, registry } = ((metrics) => ({ slack: metrics.slack, registry: metrics.registry }))(
      createMetrics({ version: "0" }),
    );
    const behind = async () => keys.map((key) => ({ key, revision: 2, posted: null, attempted: false }));
    const probe = watchOutbox({ behind }, { clock, metrics: slack });
    expect(await probe()).toBe("2 messages behind, the oldest for 0 s");
    clock.at += 50_000;
    keys = ["op-2"];
    expect(await probe()).toBe("1 message behind, the oldest for 50 s");
    expect(await registry.getSingleMetricAsString("rollcall_slack_outbox_oldest_seconds")).toContain(" 50");
    clock.at += 50_000;
    await expect(probe()).rejects.toMatchObject({ code: "unavailable", message: expect.stringContaining("100 s") });
    keys = [];
    expect(await probe()).toContain("0 messages");
    keys = ["op-2"];
    expect(await probe()).toContain("oldest for 0 s");
  });
});

describe("retrying what is unavailable", () => {
  const logs: string[] = [];
  const log = createLog("info", { write: (line: string) => void logs.push(line) });

  test("goes on until it works, and says it twice in all", async () => {
    logs.length = 0;
    let tries = 0;
    const attempt = async () => {
      tries += 1;
      return tries < 3 ? away() : "value";
    };
    const signal = new AbortController().signal;
    expect(await retryWhileUnavailable(attempt, { what: "migrations", signal, log })).toBe("value");
    expect(logs.map((line) => JSON.parse(line).msg)).toEqual(["not possible yet, it goes on trying", "it works now"]);
  });

  test("ends when it is told to, in the middle of a pause", async () => {
    const stopping = new AbortController();
    const attempt = async () => {
      setTimeout(() => stopping.abort(), 5);
      return away();
    };
    expect(await retryWhileUnavailable(attempt, { what: "migrations", signal: stopping.signal, log })).toBeNull();
  });

  test("does not repeat what would fail again", async () => {
    const attempt = vi.fn(async () => {
      throw new Failure("conflict", "an applied migration was changed");
    });
    const signal = new AbortController().signal;
    await expect(retryWhileUnavailable(attempt, { what: "migrations", signal, log })).rejects.toThrow("changed");
    expect(attempt).toHaveBeenCalledTimes(1);
  });
});
