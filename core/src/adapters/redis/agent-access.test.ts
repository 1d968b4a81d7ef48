import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { startRedis } from "@rollcall/local/tools/redis-server.ts";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { keysOf } from "../../protocol/keys.ts";
import { deriveRedisPassword } from "../../protocol/seal.ts";
import { redisAclLines, redisUserOf, redisUsers } from "./agent-access.ts";

const FLEET = "access-test";
const FLEET_KEY = "a fleet key of at least 32 characters";
const keys = keysOf(FLEET);
const fleet = {
  fleet: FLEET,
  agents: [
    { id: "billing", consumes: ["stock.*", "returns.received"], publishes: ["payments.captured"] },
    { id: "invoices", consumes: ["payments.captured"], publishes: ["invoices.issued"] },
    { id: "intake", consumes: [], publishes: ["stock.reserved"] },
    { id: "archive", consumes: ["stock.*"], publishes: [] },
    { id: "idler", consumes: [], publishes: [] },
  ],
};
let admin: Redis;
const clients: Redis[] = [];

const as = async (name: string, secretOf = name): Promise<Redis> => {
  const url = new URL(inject("redisUrl"));
  const client = new Redis({
    host: url.hostname,
    port: Number(url.port),
    username: name,
    password: deriveRedisPassword(FLEET_KEY, secretOf),
    enableReadyCheck: false,
    lazyConnect: true,
    retryStrategy: null,
  });
  client.on("error", () => undefined);
  clients.push(client);
  await client.connect();
  return client;
};
const asAgent = (id: string) => as(redisUserOf(id), id);
const answer = (client: Redis, [command, ...args]: string[]): Promise<string> =>
  client.call(command as string, ...args).then(
    (value) => `ok ${JSON.stringify(value)}`,
    (error: Error) => error.message,
  );

beforeAll(async () => {
  admin = new Redis(inject("redisUrl"));
  for (const { name, rules } of redisUsers(fleet, FLEET_KEY)) await admin.call("ACL", "SETUSER", name, ...rules);
  await admin.set(keys.fleet, "{}");
  await admin.xadd(keys.topic("stock.reserved"), "*", "e", "{}");
  await admin.xadd(keys.topic("returns.received"), "*", "e", "{}");
  await admin.xadd(keys.topic("payments.captured"), "*", "e", "{}");
  await admin.xadd(keys.inbox("billing"), "*", "m", "x");
});
afterAll(async () => {
  for (const client of clients) client.disconnect();
  const names = redisUsers(fleet, FLEET_KEY).map(({ name }) => name);
  await admin.call("ACL", "DELUSER", ...names);
  await admin.del(...(await admin.keys(`rc:{${FLEET}}*`)), ...(await admin.keys(`rc:${FLEET}:*`)));
  admin.disconnect();
});

describe("the Redis user of an agent", () => {
  const topic = keys.topic("stock.reserved");
  test.each([
    ["beats", ["ZADD", keys.beats, "1", "billing"]],
    ["shows itself", ["HSET", keys.presence, "billing", "x"]],
    ["watches its epoch", ["WATCH", keys.epoch("billing")]],
    ["raises its epoch", ["SET", keys.epoch("billing"), "5"]],
    ["reads its epoch", ["GET", keys.epoch("billing")]],
    ["reads the fleet", ["GET", keys.fleet]],
    ["hears broadcasts", ["XREAD", "STREAMS", keys.broadcast, "0"]],
    ["asks for the time", ["TIME"]],
    ["makes its inbox", ["XGROUP", "CREATE", keys.inbox("billing"), "agent", "0", "MKSTREAM"]],
    ["reads its inbox", ["XREADGROUP", "GROUP", "agent", "billing", "STREAMS", keys.inbox("billing"), ">"]],
    ["acknowledges in its inbox", ["XACK", keys.inbox("billing"), "agent", "1-1"]],
    ["subscribes to a topic of a pattern", ["XGROUP", "CREATE", topic, "billing", "0", "MKSTREAM"]],
    ["reads it", ["XREADGROUP", "GROUP", "billing", "billing", "STREAMS", topic, ">"]],
    ["acknowledges on it", ["XACK", topic, "billing", "1-1"]],
    ["subscribes to a topic that does not exist yet", xgroup("stock.new-one")],
    ["subscribes to a plain topic", xgroup("returns.received")],
    ["parks what it cannot handle", ["XADD", keys.deadLetters("stock.reserved"), "*", "e", "x"]],
    ["publishes what it declares", ["XADD", keys.topic("payments.captured"), "MAXLEN", "~", "10", "*", "e", "x"]],
    ["answers", ["XADD", keys.replies("op-1"), "*", "m", "x"]],
    ["lets answers expire", ["EXPIRE", keys.replies("op-1"), "60"]],
  ])("%s", async (_, command) => {
    expect(await answer(await asAgent("billing"), command)).toMatch(/^ok/);
  });

  test.each([
    ["beat for others by deleting them", ["HDEL", keys.presence, "invoices"]],
    ["read other agents' beats", ["HGETALL", keys.presence]],
    ["remove a beat", ["ZREM", keys.beats, "invoices"]],
    ["write the fleet", ["SET", keys.fleet, "x"]],
    ["forge a canary round", ["SET", keys.canaryRound, "1"]],
    ["raise another's epoch", ["SET", keys.epoch("invoices"), "5"]],
    ["read another's inbox", ["XREADGROUP", "GROUP", "agent", "x", "STREAMS", keys.inbox("invoices"), ">"]],
    ["command another agent", ["XADD", keys.inbox("invoices"), "*", "m", "x"]],
    ["command itself", ["XADD", keys.inbox("billing"), "*", "m", "x"]],
    ["trim an inbox while adding", ["XADD", keys.inbox("billing"), "MAXLEN", "0", "*", "m", "x"]],
    ["trim an inbox", ["XTRIM", keys.inbox("billing"), "MAXLEN", "0"]],
    ["publish on a topic it only consumes", ["XADD", topic, "*", "e", "x"]],
    ["publish on an undeclared topic", ["XADD", keys.topic("orders.received"), "*", "e", "x"]],
    ["read an undeclared topic", xgroup("orders.received")],
    ["read its own publications", ["XREADGROUP", "GROUP", "a", "b", "STREAMS", keys.topic("payments.captured"), ">"]],
    ["trim a topic", ["XTRIM", topic, "MAXLEN", "0"]],
    ["delete a topic", ["DEL", topic]],
    ["move another group", ["XGROUP", "SETID", topic, "archive", "$"]],
    ["remove another group", ["XGROUP", "DESTROY", topic, "archive"]],
    ["park for a topic it does not consume", ["XADD", keys.deadLetters("orders.received"), "*", "e", "x"]],
    ["read other commands' answers", ["XRANGE", keys.replies("op-1"), "-", "+"]],
    ["read keys that are not ours", ["GET", "somebody-elses"]],
    ...["EVAL|return 1|0", "KEYS|*", "SCAN|0", "CONFIG|GET|*", "FLUSHALL", "FLUSHDB", "SHUTDOWN"].map(forbidden),
    ...["ACL|LIST", "ACL|WHOAMI", "CLIENT|LIST", "CLIENT|KILL|ID|1", "MONITOR", "SAVE", "SCRIPT|FLUSH"].map(forbidden),
    ...["PSUBSCRIBE|*", "PUBLISH|a|b", "INFO", "REPLICAOF|no|one", "MODULE|LIST", "SELECT|1", "SWAPDB|0|1"].map(
      forbidden,
    ),
    // What CVE-2025-49844, CVE-2025-46817, CVE-2025-46818 and CVE-2024-31449 need: a login that may run scripts.
    ...["EVALSHA|0|0", "EVAL_RO|return 1|0", "FCALL|f|0", "SCRIPT|LOAD|return 1", "FUNCTION|LOAD|x"].map(forbidden),
    ...["CONFIG|SET|dir|/tmp", "CONFIG|REWRITE", "CLIENT|PAUSE|1", "BGREWRITEAOF"].map(forbidden),
    ["set its own rights", ["ACL", "SETUSER", redisUserOf("billing"), "+@all"]],
    ["write keys from outside", ["RESTORE", keys.epoch("billing"), "0", "x"]],
    ["copy another's epoch to its own", ["COPY", keys.epoch("invoices"), keys.epoch("billing")]],
    ["move keys to another server", ["MIGRATE", "127.0.0.1", "1", keys.fleet, "0", "1"]],
    ...["FUNCTION|LIST", "RENAME|a|b", "DUMP|a", "RANDOMKEY", "LATENCY|RESET", "CLUSTER|INFO"].map(forbidden),
  ])("may not %s", async (_, command) => {
    expect(await answer(await asAgent("billing"), command)).toMatch(/NOPERM|no permissions/i);
  });

  test("an agent without topics still beats", async () => {
    expect(await answer(await asAgent("idler"), ["ZADD", keys.beats, "1", "idler"])).toMatch(/^ok/);
  });
  test("has a password of its own", async () => {
    await expect(as(redisUserOf("invoices"), "billing")).rejects.toThrow();
  });
});

describe("the Redis user exporter", () => {
  test.each([
    ["HGETALL", keys.presence],
    ["ZRANGE", keys.beats, "0", "-1", "WITHSCORES"],
    ["GET", keys.fleet],
    ["XINFO", "STREAM", keys.topic("stock.reserved")],
    ["XINFO", "GROUPS", keys.topic("stock.reserved")],
    ["XLEN", keys.topic("stock.reserved")],
    ["TIME"],
    ["PING"],
    ["INFO"],
  ])("may %s", async (...command) => {
    expect(await answer(await as("exporter"), command)).toMatch(/^ok/);
  });
  test.each([
    ["SET", keys.fleet, "x"],
    ["XADD", keys.inbox("billing"), "*", "m", "x"],
    ["XADD", keys.topic("stock.reserved"), "*", "e", "x"],
    ["XREADGROUP", "GROUP", "billing", "x", "STREAMS", keys.topic("stock.reserved"), ">"],
    ["DEL", keys.fleet],
    ["GET", "somebody-elses"],
    ["KEYS", "*"],
    ["FLUSHALL"],
    ["CONFIG", "GET", "*"],
    ["ACL", "LIST"],
    ["EVAL", "return 1", "0"],
  ])("may not %s", async (...command) => {
    expect(await answer(await as("exporter"), command)).toMatch(/NOPERM|no permissions/i);
  });
});

describe("the Redis user control", () => {
  test.each([
    ["SET", keys.canaryRound, "1"],
    ["XADD", keys.inbox("billing"), "*", "m", "x"],
    ["XREAD", "COUNT", "1", "STREAMS", keys.replies("op-1"), "0"],
    ["XINFO", "GROUPS", keys.topic("stock.reserved")],
    ["XTRIM", keys.inbox("invoices"), "MINID", "0"],
    ["HGETALL", keys.presence],
    ["DEL", keys.replies("gone")],
    ["EXPIRE", keys.replies("op-1"), "60"],
    ["ACL", "SETUSER", "agent-idler", "on"],
    ["ACL", "LIST"],
    ["INFO"],
    ["CONFIG", "GET", "maxmemory"],
    ["MULTI"],
    ["TIME"],
  ])("may %s", async (...command) => {
    expect(await answer(await as("control"), command)).toMatch(/^ok/);
  });
  test.each([
    ["FLUSHALL"],
    ["KEYS", "*"],
    ["CONFIG", "SET", "maxmemory", "1"],
    ["EVAL", "return 1", "0"],
    ["SET", "somebody-elses", "x"],
    ["SHUTDOWN"],
  ])("may not %s", async (...command) => {
    expect(await answer(await as("control"), command)).toMatch(/NOPERM|no permissions/i);
  });
});

describe("redisAclLines", () => {
  test("let an agent in when Redis starts with them as its ACL file", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "rollcall-acl-"));
    const port = await findFreePort();
    const redis = await startRedis({
      toolsDir: inject("toolsDir"),
      dataDir,
      logFile: join(dataDir, "log"),
      port,
      password: "admin",
      aclLines: redisAclLines(fleet, FLEET_KEY),
    });
    const client = new Redis(
      `redis://${redisUserOf("billing")}:${deriveRedisPassword(FLEET_KEY, "billing")}@127.0.0.1:${port}`,
      { enableReadyCheck: false },
    );
    clients.push(client);
    expect(await client.zadd(keys.beats, 1, "billing")).toBe(1);
    client.disconnect();
    await redis.child.stop();
    await rm(dataDir, { recursive: true });
  });

  test("are what Redis itself would write, one user a line, without a password in clear text", () => {
    const lines = redisAclLines(fleet, FLEET_KEY, "the admin's password");
    expect(lines[0]).toMatch(/^user default on #[0-9a-f]{64} .*\+@all$/);
    expect(lines).toHaveLength(1 + fleet.agents.length + 2);
    expect(lines.join("\n")).not.toContain(deriveRedisPassword(FLEET_KEY, "billing"));
    expect(redisAclLines(fleet, FLEET_KEY)[0]).toMatch(/^user agent-billing reset on #/);
  });
});

function forbidden(line: string): [string, string[]] {
  return [line.replaceAll("|", " "), line.split("|")];
}
function xgroup(topic: string): string[] {
  return ["XGROUP", "CREATE", keys.topic(topic), "billing", "0", "MKSTREAM"];
}
