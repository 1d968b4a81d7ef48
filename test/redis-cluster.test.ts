import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createConnections } from "@rollcall/agent/connection.ts";
import { createDeadLetters } from "@rollcall/agent/dead-letters.ts";
import { type Agent, type AgentOptions, startAgent } from "@rollcall/agent/index.ts";
import { redisUserOf, redisUsers } from "@rollcall/core/adapters/redis/agent-access.ts";
import { publicBroadcastKey } from "@rollcall/core/protocol/broadcast-seal.ts";
import { keysOf } from "@rollcall/core/protocol/keys.ts";
import { deriveAgentKey, deriveRedisPassword } from "@rollcall/core/protocol/seal.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import {
  authorization,
  createControlSetting,
  postOf,
  type StartedControl,
  untilStatus,
} from "../bot/src/control-process-fixture.ts";
import { until as untilWithin } from "./agent-stage.ts";
import { createTestDatabase } from "./database.ts";
import { type ClusterUnderTest, startRedisCluster } from "./redis-cluster.ts";

const FLEET = "clustered";
const FLEET_KEY = "a fleet key of at least 32 characters";
const keys = keysOf(FLEET);
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };
const topics = Array.from({ length: 8 }, (_, index) => `orders.kind-${index}`);
const POISON = topics[5] as string;
const agents = [
  { id: "intake", consumes: [], publishes: topics },
  { id: "archive", consumes: ["orders.*"], publishes: [] },
  { id: "billing", consumes: [POISON], publishes: [] },
];
const listed = agents.map((agent) => ({
  ...{ group: "orders", does: "works", criticality: "P2", consequence: "orders wait", normalSeconds: 2 },
  ...agent,
}));

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let cluster: ClusterUnderTest;
let setting: Awaited<ReturnType<typeof createControlSetting>>;
let control: StartedControl;
let folder: string;
const running: Agent[] = [];
/** Topics of the events that each agent has handled, in order. */
const handled = { archive: [] as string[], billing: [] as string[] };
let isBroken = true;

const until = <Found>(what: string, look: () => Promise<Found | null | undefined | false>): Promise<Found> =>
  untilWithin(what, look, 60);

const urlOf = (user: string, secretOf = user): string => {
  const url = new URL(cluster.url);
  url.username = user;
  url.password = deriveRedisPassword(FLEET_KEY, secretOf);
  return url.href;
};

async function start(id: string, handle: AgentOptions["handle"] = {}): Promise<void> {
  const { consumes = [], publishes = [] } = agents.find((agent) => agent.id === id) ?? {};
  const config = {
    ...{ agent: id, fleet: FLEET, redisUrl: urlOf(redisUserOf(id), id), isCluster: true, version: "1" },
    ...{ key: deriveAgentKey(FLEET_KEY, id), broadcastKey: publicBroadcastKey(FLEET_KEY) },
    ...{ dir: join(folder, id), startedBy: null, allowDrills: true },
  };
  running.push(
    await startAgent({
      ...{ config, consumes, publishes, handle, log: SILENT },
      exit: () => undefined,
      periodic: id === "intake" ? [{ name: "publish", everyMs: 200, run: publishAll }] : [],
    }),
  );
}

let rounds = 0;
const publishAll: NonNullable<AgentOptions["periodic"]>[number]["run"] = async ({ publish }) => {
  if (rounds >= 3) return;
  rounds += 1;
  for (const topic of topics) await publish(topic, { round: rounds });
};

beforeAll(async () => {
  database = await createTestDatabase();
  cluster = await startRedisCluster(inject("toolsDir"));
  folder = await mkdtemp(join(tmpdir(), "rollcall-clustered-"));
  for (const node of cluster.nodes)
    for (const { name, rules } of redisUsers({ fleet: FLEET, agents }, FLEET_KEY))
      await node.call("ACL", "SETUSER", name, ...rules);
  setting = await createControlSetting({
    ...{ databaseUrl: database.url, redisUrl: urlOf("control"), inherited: process.env },
  });
  await writeFile(join(setting.folder, "fleet.yaml"), JSON.stringify({ fleet: FLEET, agents: listed }));
  control = await setting.start({ ROLLCALL_REDIS_CLUSTER: "true", ROLLCALL_FLEET_KEY: FLEET_KEY });
  await untilStatus(control, "/ready", 200);
  await start("archive", { "orders.*": async ({ type }) => void handled.archive.push(type) });
  await start("billing", {
    [POISON]: async ({ type }) => {
      if (isBroken) throw new Error("its database is away");
      handled.billing.push(type);
    },
  });
  await start("intake");
}, 120_000);
afterAll(async () => {
  await Promise.all(running.map((agent) => agent.stop(0)));
  await setting.endAll();
  await setting.remove();
  await database.drop();
  await cluster.stop();
  await rm(folder, { recursive: true, force: true });
});

async function order(command: string, input: object): Promise<{ ending: string; targets: { ending: string }[] }> {
  const wish = { ...authorization, "idempotency-key": `${command}-${JSON.stringify(input)}-of-a-test` };
  const answer = await control.ask(`/api/v1/commands/${command}`, postOf({ input, reason: "a test" }, wish));
  const location = answer.headers.get("location");
  if (location === null) throw new Error(`${command} is answered ${answer.status}: ${await answer.text()}`);
  return until(`${command} has ended`, async () => {
    const { operation } = await (await control.ask(location, { headers: authorization })).json();
    return operation.state === "ended" ? operation : null;
  });
}
const look = async (command: string, input: object = {}) =>
  (await control.ask(`/api/v1/commands/${command}`, postOf({ input }))).json();

describe("agents and a control service, on a Redis Cluster of three nodes", { timeout: 90_000 }, () => {
  test("keys of the fleet, of agents and of topics lie on all of them", async () => {
    const all = [keys.beats, ...agents.map(({ id }) => keys.inbox(id)), ...topics.map(keys.topic)];
    const holders = await until("all are there", async () => {
      const found = await Promise.all(all.map(cluster.holderOf));
      return found.includes(-1) ? null : found;
    });
    expect(new Set(holders)).toEqual(new Set([0, 1, 2]));
  });

  test("what one agent publishes is handled by another, wherever its topic lies, and acknowledged", async () => {
    await until("all events are handled", async () => handled.archive.length >= 3 * topics.length);
    expect(handled.archive.toSorted()).toEqual([...topics, ...topics, ...topics].toSorted());
    await until("all are acknowledged", async () => {
      const pending = topics.map((topic) => cluster.client.xpending(keys.topic(topic), "archive"));
      return (await Promise.all(pending)).every(([count]) => count === 0);
    });
  });

  test("in a roll call every agent answers", async () => {
    const { data } = await look("roll-call");
    const found = (data.agents as { id: string; rung: number }[]).map(({ id, rung }) => [id, rung]);
    expect(found).toEqual(agents.map(({ id }) => [id, 5]));
  });

  test("an order reaches its agent and takes effect, also after its inbox has moved to another node", async () => {
    expect(await order("pause", { who: ["archive"] })).toMatchObject({ ending: "done" });
    await cluster.moveSlotOf(keys.inbox("archive"));
    expect(await order("resume", { who: ["archive"] })).toMatchObject({ ending: "done" });
  });

  test("what could not be handled lies aside with its reason, and is handled when it is handed out again", async () => {
    await until("three letters", async () => (await cluster.client.xlen(keys.deadLetters(POISON))) === 3);
    expect(JSON.stringify(await look("dead-letters"))).toContain("its database is away");
    isBroken = false;
    expect(await order("replay", { who: ["billing"] })).toMatchObject({ ending: "done" });
    expect(handled.billing).toEqual([POISON, POISON, POISON]);
    expect(await cluster.client.xlen(keys.deadLetters(POISON))).toBe(0);
  });

  test("what an agent puts aside of several topics at once lies at each of them", async () => {
    const ending = new AbortController();
    const config = { agent: "archive", fleet: FLEET, redisUrl: urlOf(redisUserOf("archive"), "archive") };
    const connections = createConnections({ ...config, isCluster: true }, SILENT);
    const park = createDeadLetters({ control: connections.control, keys, agent: "archive", signal: ending.signal });
    const others = topics.filter((topic) => topic !== POISON);
    await Promise.all(others.map((topic) => park({ topic, id: "1-1", body: "x", reason: "a test", attempts: 3 })));
    connections.close();
    const counts = await Promise.all(others.map((topic) => cluster.client.xlen(keys.deadLetters(topic))));
    expect(counts).toEqual(others.map(() => 1));
  });

  test("without the node that holds the fleet the control service lives, and says that it is not ready", async () => {
    await cluster.endNode(await cluster.holderOf(keys.beats));
    const unready = await untilStatus(control, "/ready", 503);
    expect(await unready.json()).toMatchObject({
      dependencies: expect.arrayContaining([expect.objectContaining({ name: "redis", state: "down" })]),
    });
    expect((await control.ask("/live")).status).toBe(200);
  });
});
