import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Agent, AgentConfig, AgentOptions } from "@rollcall/agent/index.ts";
import { startAgent } from "@rollcall/agent/index.ts";
import { redisUserOf, redisUsers } from "@rollcall/core/adapters/redis/agent-access.ts";
import { publicBroadcastKey } from "@rollcall/core/protocol/broadcast-seal.ts";
import { INBOX_GROUP, keysOf } from "@rollcall/core/protocol/keys.ts";
import { deriveAgentKey, deriveRedisPassword, openSeal, seal } from "@rollcall/core/protocol/seal.ts";
import {
  type ControlMessage,
  type ControlReply,
  controlReply,
  type Envelope,
  type Heartbeat,
  heartbeat,
} from "@rollcall/core/protocol.ts";
import { Redis } from "ioredis";

export const FLEET_KEY = "a fleet key of at least 32 characters";
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Waits for a condition; the message of its failure says what was waited for. */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined | false>,
  seconds = 15,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export type Declared = Pick<AgentOptions, "consumes" | "publishes">;

/** A fleet of its own on a real Redis, with the Redis users that the agents have in production. */
export async function createStage(redisUrl: string, agents: Readonly<Record<string, Declared>>) {
  const fleet = `stage-${randomBytes(4).toString("hex")}`;
  const stage = new Stage(fleet, redisUrl, await mkdtemp(join(tmpdir(), "rollcall-agent-")));
  await stage.allow(agents);
  return stage;
}

export class Stage {
  readonly fleet: string;
  readonly keys: ReturnType<typeof keysOf>;
  readonly admin: Redis;
  readonly dir: string;
  readonly #url: string;
  readonly #agents: Agent[] = [];
  readonly #children: ChildProcess[] = [];

  constructor(fleet: string, url: string, dir: string) {
    this.fleet = fleet;
    this.keys = keysOf(fleet);
    this.dir = dir;
    this.#url = url;
    this.admin = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 100 });
    this.admin.on("error", () => undefined);
  }

  /** User names do not carry the fleet, so a stage gives its own agents' users to itself. */
  async allow(agents: Readonly<Record<string, Declared>>): Promise<void> {
    const list = Object.entries(agents).map(([id, declared]) => ({
      id,
      consumes: [...declared.consumes],
      publishes: [...declared.publishes],
    }));
    for (const { name, rules } of redisUsers({ fleet: this.fleet, agents: list }, FLEET_KEY)) {
      if (name.startsWith("agent-")) await this.admin.call("ACL", "SETUSER", `${this.fleet}-${name}`, ...rules);
    }
  }

  config(agent: string, changes: Partial<AgentConfig> = {}): AgentConfig {
    const url = new URL(this.#url);
    url.username = `${this.fleet}-${redisUserOf(agent)}`;
    url.password = deriveRedisPassword(FLEET_KEY, agent);
    return {
      agent,
      fleet: this.fleet,
      redisUrl: url.href,
      key: this.keyOf(agent),
      broadcastKey: publicBroadcastKey(FLEET_KEY),
      dir: join(this.dir, agent),
      startedBy: null,
      allowDrills: true,
      version: "0.1.0",
      ...changes,
    };
  }

  keyOf = (agent: string): string => deriveAgentKey(FLEET_KEY, agent);

  /** Starts an agent inside this process; its exit is only recorded. */
  async start(
    agent: string,
    options: Declared & Omit<Partial<AgentOptions>, "config">,
    changes: Partial<AgentConfig> = {},
  ) {
    const started = await startAgent({
      config: this.config(agent, changes),
      log: SILENT,
      exit: () => undefined,
      ...options,
    });
    this.#agents.push(started);
    return started;
  }

  /** Starts an agent of the sample fleet as a process of its own. */
  spawnSample(agent: string, changes: Partial<AgentConfig> = {}, environment: Readonly<Record<string, string>> = {}) {
    const config = this.config(agent, changes);
    const child = spawn(process.execPath, [join(import.meta.dirname, "../agent/src/sample/main.ts")], {
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        ROLLCALL_AGENT: agent,
        ROLLCALL_FLEET: this.fleet,
        REDIS_URL: config.redisUrl,
        ROLLCALL_AGENT_KEY: config.key,
        ROLLCALL_BROADCAST_KEY: config.broadcastKey ?? "",
        ROLLCALL_AGENT_DIR: config.dir,
        ROLLCALL_STARTED_BY: config.startedBy ?? "",
        ROLLCALL_ALLOW_DRILLS: String(config.allowDrills),
        ...environment,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (data) => {
      output += data;
    });
    child.stderr.on("data", (data) => {
      output += data;
    });
    this.#children.push(child);
    const ended = new Promise<number | string | null>((resolve) =>
      child.once("exit", (code, signal) => resolve(code ?? signal)),
    );
    return { child, ended, output: () => output };
  }

  async now(): Promise<number> {
    const [seconds, micros] = await this.admin.time();
    return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
  }

  /** The agent's last heartbeat, its signature checked. */
  async beat(agent: string): Promise<Heartbeat | null> {
    const json = openSeal(this.keyOf(agent), (await this.admin.hget(this.keys.presence, agent)) ?? "");
    return json === null ? null : heartbeat.parse(JSON.parse(json));
  }

  beatThat(agent: string, what: string, fits: (beat: Heartbeat) => boolean): Promise<Heartbeat> {
    return until(`a heartbeat of ${agent}: ${what}`, async () => {
      const beat = await this.beat(agent);
      return beat !== null && fits(beat) ? beat : null;
    });
  }

  async send(
    agent: string,
    kind: ControlMessage["kind"],
    changes: Partial<ControlMessage> = {},
  ): Promise<ControlMessage> {
    const id = changes.id ?? `test-${randomBytes(6).toString("hex")}`;
    const message: ControlMessage = {
      v: 1,
      id,
      kind,
      epoch: null,
      deadline: (await this.now()) + 30_000,
      replyTo: this.keys.replies(id),
      args: {},
      ...changes,
    };
    await this.admin.xadd(this.keys.inbox(agent), "*", "m", seal(this.keyOf(agent), message));
    return message;
  }

  async replies({ replyTo }: ControlMessage): Promise<ControlReply[]> {
    const entries = await this.admin.xrange(replyTo ?? "", "-", "+");
    return entries.map(([, [, agent, , sealed]]) =>
      controlReply.parse(JSON.parse(openSeal(this.keyOf(agent ?? ""), sealed ?? "") ?? "null")),
    );
  }

  /** The n-th answer to a message. */
  reply(message: ControlMessage, count = 1): Promise<ControlReply> {
    return until(`answer ${count} to ${message.kind}`, async () => (await this.replies(message))[count - 1]);
  }

  async ask(agent: string, kind: ControlMessage["kind"], changes: Partial<ControlMessage> = {}): Promise<ControlReply> {
    return this.reply(await this.send(agent, kind, changes));
  }

  publish(topic: string, data: Envelope["data"], changes: Partial<Envelope> = {}): Promise<string | null> {
    const event: Envelope = {
      specversion: "1.0",
      id: randomBytes(6).toString("hex"),
      source: "test",
      type: topic,
      time: new Date().toISOString(),
      datacontenttype: "application/json",
      data,
      ...changes,
    };
    return this.publishRaw(topic, JSON.stringify(event));
  }

  publishRaw(topic: string, text: string): Promise<string | null> {
    return this.admin.xadd(this.keys.topic(topic), "*", "e", text);
  }

  async deadLetters(topic: string): Promise<Record<string, string>[]> {
    const entries = await this.admin.xrange(this.keys.deadLetters(topic), "-", "+");
    return entries.map(([, list]) =>
      Object.fromEntries(list.flatMap((name, index) => (index % 2 ? [] : [[name, list[index + 1] ?? ""]]))),
    );
  }

  /** Delivered and not acknowledged. */
  async pending(stream: string, group = INBOX_GROUP): Promise<number> {
    const answer = await this.admin.xpending(stream, group).catch(() => [0]);
    return Number(answer[0]);
  }

  async ledger(agent: string): Promise<Record<string, unknown>[]> {
    const text = await readFile(join(this.dir, agent, "applied.jsonl"), "utf8").catch(() => "");
    return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    await Promise.all(this.#agents.map((agent) => agent.stop(0)));
    const keys = [...(await this.admin.keys(`rc:{${this.fleet}}*`)), ...(await this.admin.keys(`rc:${this.fleet}:*`))];
    if (keys.length > 0) await this.admin.del(...keys);
    const users = ((await this.admin.call("ACL", "USERS")) as string[]).filter((name) => name.startsWith(this.fleet));
    if (users.length > 0) await this.admin.call("ACL", "DELUSER", ...users);
    this.admin.disconnect();
    await rm(this.dir, { recursive: true, force: true });
  }
}
