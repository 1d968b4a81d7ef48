import { connectBuiltInSupervisor } from "@rollcall/core/adapters/supervisors/built-in.ts";
import { keysOf } from "@rollcall/core/protocol/keys.ts";
import { pathsBelow } from "@rollcall/local/stack/layout.ts";
import type { Redis } from "ioredis";
import { expect, test } from "vitest";
import { ALERTS, eventually, stackUnderTest } from "./stack-under-test.ts";

/** Design section 8: any fault is in Slack within this time at worst. */
const DETECT_SECONDS = 90;
const LIMIT = "client-output-buffer-limit";
const CUT = { agent: "crm-chat", topic: "chats.received" };

// By the rungs: without a heartbeat an agent is gone, with one it does not work; only who works can have a dead subscription.
const WAYS = [
  { way: "killed", agent: "archive-writer", alertname: "AgentGone" },
  { way: "frozen", agent: "analytics-tracker", alertname: "AgentGone" },
  { way: "stopped", agent: "customer-notifier", alertname: "AgentNotWorking" },
  { way: "cut", agent: CUT.agent, alertname: "SubscriptionDead" },
] as const;

interface Alert {
  readonly labels: Readonly<Record<string, string>>;
}
interface SubscriptionView {
  readonly agent: string;
  readonly pattern: string;
  readonly state: string;
}

test("a subscription that is killed, frozen, stopped, or cut by Redis for its buffer is named with agent and pattern, and alarms within 90 s", async () => {
  const stack = stackUnderTest();
  const supervisor = connectBuiltInSupervisor(pathsBelow(stack.dataDir).supervisorSocket);
  const { pid: frozen } = await supervisor.inspect("analytics-tracker");
  const redis = stack.redisAdmin();
  expect(frozen).not.toBeNull();
  try {
    const begun = performance.now();
    process.kill(frozen as number, "SIGSTOP");
    expect((await stack.command("drill", { fault: "crash", id: "archive-writer" })).status).toBe(202);
    expect((await stack.command("drill", { fault: "stop-consuming", id: "customer-notifier" })).status).toBe(202);
    await cutEveryLongAnswer(redis);

    await Promise.all(
      WAYS.map(async ({ way, agent, alertname }) => {
        await eventually(`${agent}, ${way}, has the alarm ${alertname}`, () => fires(agent, alertname), 100_000);
        const words = alertname === "SubscriptionDead" ? [agent, CUT.topic] : [agent];
        await stack.slack.waitForMessage(
          ALERTS,
          (message) => words.every((word) => JSON.stringify(message).includes(word)),
          { timeoutMs: 30_000 },
        );
        expect((performance.now() - begun) / 1000, `${agent}, ${way}`).toBeLessThanOrEqual(DETECT_SECONDS);
      }),
    );
    const others = (await alertsOf(CUT.agent)).map(({ labels }) => labels.alertname);
    expect(others, "who works is not said to be gone").toEqual(["SubscriptionDead"]);
    expect((await alertsOf(CUT.agent))[0]?.labels).toMatchObject({ topic: CUT.topic, pattern: CUT.topic });
    await redis.config("SET", LIMIT, "normal 0 0 0");
    await eventually("the bus names both with their patterns", async () => {
      const dead = await deadSubscriptions();
      // Which of its topics has had an event since it was frozen is chance; orders go on.
      return dead.includes("archive-writer orders.*") && dead.includes("analytics-tracker orders.completed");
    });
  } finally {
    await redis.config("SET", LIMIT, "normal 0 0 0");
    redis.disconnect();
    process.kill(frozen as number, "SIGCONT");
    // Also after a failure: the tests behind this one share the stack.
    for (const who of ["archive-writer", "customer-notifier"]) {
      await eventually(
        `${who} is restarted`,
        async () => (await stack.command("restart", { who: [who] })).status === 202,
      );
    }
  }
  await eventually(
    "every agent works, and nothing is alarmed any more",
    async () => (await Promise.all(WAYS.map(({ agent }) => alertsOf(agent)))).flat().length === 0,
    90_000,
  );
  expect(JSON.stringify((await stack.command("roll-call", {})).body)).toContain("22 of 22 work");

  async function alertsOf(agent: string): Promise<Alert[]> {
    const filter = new URLSearchParams({ filter: `agent="${agent}"` });
    return (await (await fetch(`${stack.address(9093)}/api/v2/alerts?${filter}`)).json()) as Alert[];
  }

  async function fires(agent: string, alertname: string): Promise<boolean> {
    return (await alertsOf(agent)).some(({ labels }) => labels.alertname === alertname);
  }

  async function deadSubscriptions(): Promise<string[]> {
    const { body } = await stack.command("bus-subs", {});
    const { data } = body as { data: { subscriptions: SubscriptionView[] } };
    return data.subscriptions
      .filter(({ state }) => state === "dead")
      .map(({ agent, pattern }) => `${agent} ${pattern}`);
  }
});

/** From now on Redis closes whatever connection is owed more than 1 MB, and one agent is owed that much. */
async function cutEveryLongAnswer(redis: Redis): Promise<void> {
  await redis.config("SET", LIMIT, "normal 1048576 0 0");
  const probe = {
    ...{ specversion: "1.0", id: "large", source: "rollcall", type: CUT.topic, time: new Date().toISOString() },
    ...{ datacontenttype: "application/json", probe: true, data: { filler: "x".repeat(200_000) } },
  };
  // All at once: an agent that reads in between would never be owed so much.
  const transaction = redis.multi();
  for (let n = 0; n < 10; n += 1) transaction.xadd(keysOf("demo").topic(CUT.topic), "*", "e", JSON.stringify(probe));
  await transaction.exec();
}
