import { keysOf } from "@rollcall/core/protocol/keys.ts";
import { compiledFleet } from "@rollcall/core/protocol.ts";
import { Redis } from "ioredis";
import type { Layout } from "./layout.ts";
import type { RunState } from "./run-state.ts";
import { readOrMakeSecrets } from "./secrets.ts";

/** What each agent should do, by its id; empty if Redis does not say. */
export async function readDesiredStates(layout: Layout, { fleet, processes }: RunState): Promise<Map<string, string>> {
  const port = processes.find(({ name }) => name === "Redis")?.port ?? 0;
  const { redisPassword: password } = readOrMakeSecrets(layout.secretsFile);
  const redis = new Redis({
    host: "127.0.0.1",
    port,
    password,
    connectTimeout: 1_000,
    commandTimeout: 1_000,
    retryStrategy: null,
  });
  redis.on("error", () => undefined); // The command that fails reports it.
  try {
    const text = await redis.get(keysOf(fleet).fleet);
    const agents = text === null ? [] : compiledFleet.parse(JSON.parse(text)).agents;
    return new Map(agents.map((agent) => [agent.id, agent.desired.state]));
  } catch {
    return new Map();
  } finally {
    redis.disconnect();
  }
}
