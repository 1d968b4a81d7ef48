import type { Redis } from "ioredis";
import { nodesOf } from "./cluster-client.ts";

/** What each server does when its memory is full: `noeviction`, or how it chooses what to throw away. */
export const evictionPolicies = (redis: Redis): Promise<string[]> =>
  Promise.all(
    nodesOf(redis).map(async (node) => /^maxmemory_policy:(\S+)/m.exec(await node.info("memory"))?.[1] ?? "unknown"),
  );
