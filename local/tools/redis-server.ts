import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { type Child, type LaunchOptions, startChild } from "./child.ts";
import { findTool, type Tool } from "./find-tool.ts";

export interface RedisOptions {
  readonly toolsDir: string;
  readonly dataDir: string;
  readonly logFile: string;
  readonly port: number;
  /** Password of the default user, who may do everything. */
  readonly password: string;
  /** Lines of an ACL file for further users. */
  readonly aclLines?: readonly string[];
  readonly launch?: LaunchOptions;
}

/** A Redis of our own on the loopback interface; keeps its data in an append-only file. */
export interface RunningRedis {
  readonly child: Child;
  readonly tool: Tool;
  readonly url: string;
}

/** Starts Redis and waits until it answers. @throws Error if it does not within 10 s */
export async function startRedis(options: RedisOptions): Promise<RunningRedis> {
  const tool = await findTool("redis", options.toolsDir);
  await mkdir(options.dataDir, { recursive: true });
  const aclFile = join(options.dataDir, "users.acl");
  await writeFile(
    aclFile,
    [`user default on >${options.password} ~* &* +@all`, ...(options.aclLines ?? []), ""].join("\n"),
    { mode: 0o600 },
  );
  const settings = {
    port: options.port,
    bind: "127.0.0.1",
    dir: options.dataDir,
    aclfile: aclFile,
    appendonly: "yes",
    save: "",
    // A title would overwrite the environment that our processes are known by.
    "set-proc-title": "no",
    // Anything else may throw commands away when memory is short.
    "maxmemory-policy": "noeviction",
  };
  const child = startChild({
    name: "redis",
    path: tool.path,
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ...options.launch,
    env: { ...tool.env, ...options.launch?.env },
    logFile: options.logFile,
  });
  try {
    await waitUntilReady(options, child);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return { child, tool, url: `redis://default:${options.password}@127.0.0.1:${options.port}` };
}

async function waitUntilReady({ port, password, logFile }: RedisOptions, child: Child): Promise<void> {
  const client = new Redis({
    port,
    host: "127.0.0.1",
    password,
    lazyConnect: true,
    retryStrategy: () => 50,
    maxRetriesPerRequest: null,
  });
  client.on("error", () => undefined); // Refused connections are expected until it listens.
  const deadline = Date.now() + 10_000;
  try {
    void client.connect().catch(() => undefined);
    while (Date.now() < deadline && !child.hasExited()) {
      const answer = await Promise.race([
        client.info("server").catch(() => null),
        new Promise<null>((resolve) => setTimeout(resolve, 250, null)),
      ]);
      // Another Redis may have taken the port since it was found free; ours ends then, and must not be mistaken for it.
      if (answer?.includes(`process_id:${child.pid}\r\n`)) return;
    }
    throw new Error(`Redis does not answer on port ${port}; see ${logFile}`);
  } finally {
    client.disconnect();
  }
}
