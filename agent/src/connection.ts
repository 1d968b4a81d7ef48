import { GREETING_TIMEOUT_MS, giveUpIfSilent } from "@rollcall/core/protocol/greeting.ts";
import { keysOf } from "@rollcall/core/protocol/keys.ts";
import { Redis } from "ioredis";
import { openCluster } from "./cluster.ts";
import type { AgentConfig } from "./config.ts";
import { type Log, messageOf } from "./log.ts";

/** Milliseconds that a read waits in Redis for something new. */
export const BLOCK_MS = 2000;
// A half-open link shows no error at all: only a missing answer proves it. Twice the longest wait leaves room for a
// busy machine and still notices within 5 s.
const SILENCE_MS = 2 * BLOCK_MS;
const CONTROL_TIMEOUT_MS = 3000;
// Jittered down to half, so that a fleet does not come back in one moment; behind a greeting in vain it ends within 2 s.
const LONGEST_PAUSE_MS = 750;

type ConnectionConfig = Pick<AgentConfig, "agent" | "fleet" | "redisUrl" | "isCluster">;

/** Opens the connections of one agent and closes them all. */
export interface Connections {
  /** For everything that answers at once. */
  readonly control: Redis;
  /** A connection of its own for reads that block. */
  open(purpose: string): Redis;
  close(): void;
}

export function createConnections(config: ConnectionConfig, log: Log): Connections {
  const all: Redis[] = [];
  const open = (purpose: string, timeoutMs: number): Redis => {
    const client = connect(config, purpose, timeoutMs);
    if (purpose === "control") logOutages(client, log);
    else client.on("error", () => undefined); // The reading loop sees it as the failure of its read.
    all.push(client);
    return client;
  };
  return {
    control: open("control", CONTROL_TIMEOUT_MS),
    open: (purpose) => open(purpose, SILENCE_MS),
    close() {
      for (const client of all) client.disconnect();
    },
  };
}

function connect({ agent, fleet, redisUrl, isCluster }: ConnectionConfig, purpose: string, timeoutMs: number): Redis {
  const options = {
    connectionName: `${agent}:${purpose}`,
    protocol: 2 as const,
    disableClientInfo: true,
    enableReadyCheck: false,
    maxRetriesPerRequest: 0,
    connectTimeout: GREETING_TIMEOUT_MS,
    commandTimeout: timeoutMs,
    socketTimeout: SILENCE_MS,
    // After a failover the old master, now a replica, keeps our connection: only a new one leads to the new master.
    reconnectOnError: (error: Error) => error.message.startsWith("READONLY"),
  };
  const retryStrategy = (attempt: number) => Math.min(LONGEST_PAUSE_MS, 50 * 2 ** attempt) * (0.5 + Math.random() / 2);
  if (isCluster) {
    const cluster = openCluster({ url: redisUrl, timeKey: keysOf(fleet).canaryRound }, options, retryStrategy);
    return cluster.on("+node", (node: Redis) => node.on("connect", () => giveUpIfSilent(node.stream)));
  }
  // A command that waits in a queue for a lost Redis comes too late and twice; whoever sends it decides again.
  const client = new Redis(redisUrl, { ...options, enableOfflineQueue: false, retryStrategy });
  return client.on("connect", () => giveUpIfSilent(client.stream));
}

function logOutages(client: Redis, log: Log): void {
  let lost: string | null = null;
  client.on("error", (error) => {
    if (lost === messageOf(error)) return;
    lost = messageOf(error);
    log.warn("Redis does not answer; I keep trying", { reason: lost });
  });
  client.on("ready", () => {
    if (lost !== null) log.info("Redis is back");
    lost = null;
  });
}
