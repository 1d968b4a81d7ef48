import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { type RunningRedis, startRedis } from "@rollcall/local/tools/redis-server.ts";
import { createStage, until } from "@rollcall/test/agent-stage.ts";
import { startFaultProxy } from "@rollcall/test/fault-proxy.ts";
import { Redis } from "ioredis";
import { expect, inject, test } from "vitest";

const AGENT = { consumes: [], publishes: [] };

test("R4: after a failover an agent beats and hears at the new master, although the old one keeps its connections", async () => {
  const scratch = await mkdtemp(join(tmpdir(), "rollcall-failover-"));
  const start = async (name: string): Promise<RunningRedis> => {
    const dataDir = join(scratch, name);
    const port = await findFreePort();
    return startRedis({ toolsDir: inject("toolsDir"), dataDir, logFile: `${dataDir}.log`, port, password: "test" });
  };
  const [old, fresh] = await Promise.all([start("old"), start("fresh")]);
  const portOf = ({ url }: RunningRedis): number => Number(new URL(url).port);
  const oldAdmin = new Redis(old.url);
  const way = await startFaultProxy(portOf(old));
  const stage = await createStage(fresh.url, { follower: AGENT });
  try {
    // Users are not replicated.
    for (const line of (await stage.admin.call("ACL", "LIST")) as string[]) {
      const [, name = "", ...rules] = line.split(" ");
      if (name !== "default") await oldAdmin.call("ACL", "SETUSER", name, ...rules.join(" ").split(/ (?![^(]*\))/));
    }
    for (const admin of [oldAdmin, stage.admin]) await admin.config("SET", "masterauth", "test");
    await stage.admin.replicaof("127.0.0.1", portOf(old));
    const url = new URL(stage.config("follower").redisUrl);
    url.port = String(way.port);
    await stage.start("follower", AGENT, { redisUrl: url.href });
    await until("its beat is replicated", () => stage.beat("follower"), 20);
    await stage.admin.replicaof("NO", "ONE");
    await oldAdmin.replicaof("127.0.0.1", portOf(fresh));
    way.retarget(portOf(fresh));
    const moment = await stage.now();
    await stage.beatThat("follower", "at the new master", ({ at }) => at > moment);
    expect((await stage.ask("follower", "echo")).outcome).toBe("done");
  } finally {
    await stage.close();
    oldAdmin.disconnect();
    await way.close();
    await Promise.all([old, fresh].map(({ child }) => child.stop()));
    await rm(scratch, { recursive: true, force: true });
  }
}, 60_000);
