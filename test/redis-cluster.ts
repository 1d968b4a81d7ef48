import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SLOTS, slotOf } from "@rollcall/core/adapters/redis/key-slot.ts";
import { type Child, startChild } from "@rollcall/local/tools/child.ts";
import { findTool } from "@rollcall/local/tools/find-tool.ts";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { Cluster, Redis } from "ioredis";
import { vi } from "vitest";

const NODES = 3;
const PASSWORD = "cluster";

interface Node {
  readonly port: number;
  readonly child: Child;
  readonly redis: Redis;
}

/** A real Redis Cluster of three nodes without replicas, each with a third of the slots. */
export interface ClusterUnderTest {
  /** Address of its first node. */
  readonly url: string;
  readonly client: Cluster;
  /** A connection to each node, for what has to be said to all of them. */
  readonly nodes: readonly Redis[];
  /** Which node holds the key: 0, 1 or 2. */
  holderOf(key: string): Promise<number>;
  /** Moves all that is in the key's slot to the next node. */
  moveSlotOf(key: string): Promise<void>;
  endNode(index: number): Promise<void>;
  stop(): Promise<void>;
}

/** @throws Error if the nodes do not agree within 20 s */
export async function startRedisCluster(toolsDir: string): Promise<ClusterUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), "rollcall-cluster-"));
  const nodes: Node[] = [];
  for (let index = 0; index < NODES; index += 1) nodes.push(await startNode(toolsDir, join(folder, String(index))));
  await join3(nodes);
  const client = new Cluster([{ host: "127.0.0.1", port: nodes[0]?.port ?? 0 }], {
    redisOptions: { password: PASSWORD },
  });
  client.on("error", () => undefined);
  const holderOf = async (key: string): Promise<number> => {
    const held = await Promise.all(nodes.map(({ redis }) => redis.exists(key).catch(() => 0)));
    return held.indexOf(1);
  };
  return {
    url: `redis://:${PASSWORD}@127.0.0.1:${nodes[0]?.port}`,
    client,
    nodes: nodes.map(({ redis }) => redis),
    holderOf,
    async moveSlotOf(key) {
      const from = await holderOf(key);
      await moveSlot(nodes, slotOf(key), { from, to: (from + 1) % NODES });
    },
    async endNode(index) {
      await nodes[index]?.child.stop({ signal: "SIGKILL" });
    },
    async stop() {
      client.disconnect();
      for (const { redis, child } of nodes) {
        redis.disconnect();
        await child.stop();
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startNode(toolsDir: string, folder: string): Promise<Node> {
  const [tool, port, busPort] = [await findTool("redis", toolsDir), await findFreePort(), await findFreePort()];
  const settings = {
    ...{ port, bind: "127.0.0.1", requirepass: PASSWORD, save: "", "set-proc-title": "no" },
    ...{ "cluster-enabled": "yes", "cluster-port": busPort, "cluster-config-file": `${folder}.conf` },
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = startChild({ name: "redis", path: tool.path, args, env: tool.env, logFile: `${folder}.log` });
  const redis = new Redis({ port, password: PASSWORD, retryStrategy: () => 50, maxRetriesPerRequest: null });
  redis.on("error", () => undefined);
  return { port, child, redis };
}

async function join3(nodes: readonly Node[]): Promise<void> {
  for (const [index, { redis }] of nodes.entries()) {
    const [first, next] = [0, 1].map((step) => Math.floor(((index + step) * SLOTS) / NODES));
    await redis.cluster("ADDSLOTSRANGE", first ?? 0, (next ?? 0) - 1);
    await redis.call("CONFIG", "SET", "cluster-node-timeout", "2000");
    for (const other of nodes) {
      const busPort = String(((await other.redis.config("GET", "cluster-port")) as string[])[1]);
      await redis.call("CLUSTER", "MEET", "127.0.0.1", String(other.port), busPort);
    }
  }
  await vi.waitFor(
    async () => {
      for (const { redis } of nodes)
        if (!(await redis.cluster("INFO")).includes("cluster_state:ok")) throw new Error("the nodes do not agree yet");
    },
    { timeout: 20_000, interval: 50 },
  );
}

async function moveSlot(nodes: readonly Node[], slot: number, way: { from: number; to: number }): Promise<void> {
  const [from, to] = [nodes[way.from] as Node, nodes[way.to] as Node];
  const [fromId, toId] = [await from.redis.cluster("MYID"), await to.redis.cluster("MYID")];
  await to.redis.call("CLUSTER", "SETSLOT", String(slot), "IMPORTING", String(fromId));
  await from.redis.call("CLUSTER", "SETSLOT", String(slot), "MIGRATING", String(toId));
  const keys = (await from.redis.call("CLUSTER", "GETKEYSINSLOT", String(slot), "100")) as string[];
  const place = ["127.0.0.1", String(to.port), "", "0", "5000", "AUTH", PASSWORD, "KEYS"];
  await from.redis.call("MIGRATE", ...place, ...keys);
  for (const { redis } of [to, from, ...nodes])
    await redis.call("CLUSTER", "SETSLOT", String(slot), "NODE", String(toId));
}
