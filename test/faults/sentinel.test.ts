import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFleetBus } from "@rollcall/core/adapters/redis/fleet-bus.ts";
import { keysOf } from "@rollcall/core/protocol/keys.ts";
import { type Child, startChild } from "@rollcall/local/tools/child.ts";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { type RunningRedis, startRedis } from "@rollcall/local/tools/redis-server.ts";
import { startFaultProxy } from "@rollcall/test/fault-proxy.ts";
import { Redis } from "ioredis";
import { expect, inject, test, vi } from "vitest";

const FLEET = "sentinel";
const INBOX = keysOf(FLEET).inbox("billing");
const portOf = ({ url }: RunningRedis): number => Number(new URL(url).port);
const quiet = (url: string): Redis => new Redis(url, { maxRetriesPerRequest: null }).on("error", () => undefined);

async function startServer(dataDir: string): Promise<RunningRedis> {
  const port = await findFreePort();
  return startRedis({ toolsDir: inject("toolsDir"), dataDir, logFile: `${dataDir}.log`, port, password: "test" });
}

/** A Redis Sentinel that takes a master for dead after 2 s of silence. */
async function startSentinel(dir: string, master: RunningRedis): Promise<{ child: Child; url: string }> {
  const port = await findFreePort();
  await mkdir(dir);
  const file = join(dir, "sentinel.conf");
  const rules = ["auth-user fleet default", "auth-pass fleet test", "down-after-milliseconds fleet 2000"];
  const watched = [`monitor fleet 127.0.0.1 ${portOf(master)} 1`, ...rules, "failover-timeout fleet 10000"];
  const lines = [`port ${port}`, "bind 127.0.0.1", `dir ${dir}`, ...watched.map((rule) => `sentinel ${rule}`)];
  await writeFile(file, `${lines.join("\n")}\n`);
  const { path, env } = master.tool;
  const args = [file, "--sentinel"];
  const child = startChild({ name: "sentinel", path, args, env, logFile: join(dir, "log") });
  return { child, url: `redis://127.0.0.1:${port}` };
}

test("R4: the master is frozen, and Sentinel makes the replica the master: orders reach it within 15 s, and none the old one when it wakes", async () => {
  const scratch = await mkdtemp(join(tmpdir(), "rollcall-sentinel-"));
  const [old, fresh] = (await Promise.all(["old", "fresh"].map((name) => startServer(join(scratch, name))))) as [
    RunningRedis,
    RunningRedis,
  ];
  const [oldAdmin, freshAdmin] = [quiet(old.url), quiet(fresh.url)];
  for (const admin of [oldAdmin, freshAdmin]) await admin.config("SET", "masterauth", "test");
  await freshAdmin.replicaof("127.0.0.1", portOf(old));
  const sentinel = await startSentinel(join(scratch, "sentinel"), old);
  const [asked, told] = [quiet(sentinel.url), quiet(sentinel.url)];
  const way = await startFaultProxy(portOf(old));
  const url = `redis://default:test@127.0.0.1:${way.port}`;
  const bus = openFleetBus({ url, fleet: FLEET, fleetKey: "a fleet key of at least 32 characters" });
  const send = async (id: string) => {
    const message = {
      v: 1,
      id,
      kind: "echo",
      epoch: null,
      deadline: Date.now() + 60_000,
      replyTo: null,
      args: {},
    } as const;
    await bus.send([{ agent: "billing", message }]);
  };
  try {
    // What moves the one address that the services know: a proxy or a virtual address that follows Sentinel.
    told.on("message", (_channel: string, text: string) => way.retarget(Number(text.split(" ").at(-1))));
    await told.subscribe("+switch-master");
    const replicas = async () => (await asked.call("SENTINEL", "REPLICAS", "fleet")) as unknown[];
    await vi.waitFor(async () => expect(await replicas()).toHaveLength(1), { timeout: 20_000 });
    await send("before");
    await vi.waitFor(async () => expect(await freshAdmin.xlen(INBOX)).toBe(1), { timeout: 10_000 });

    old.child.signal("SIGSTOP");
    const frozenAt = performance.now();
    await vi.waitFor(() => send("after"), { timeout: 30_000, interval: 100 });
    expect((performance.now() - frozenAt) / 1000).toBeLessThan(15);
    await bus.check();

    old.child.signal("SIGCONT");
    const role = async () => ((await oldAdmin.call("ROLE")) as unknown[])[0];
    await vi.waitFor(async () => expect(await role()).toBe("slave"), { timeout: 40_000, interval: 200 });
    await send("later");
    expect(await freshAdmin.xlen(INBOX)).toBe(3);
  } finally {
    old.child.signal("SIGCONT");
    bus.close();
    for (const client of [oldAdmin, freshAdmin, asked, told]) client.disconnect();
    await way.close();
    await Promise.all([sentinel, old, fresh].map(({ child }) => child.stop()));
    await rm(scratch, { recursive: true, force: true });
  }
}, 120_000);
