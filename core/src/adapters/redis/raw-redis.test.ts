import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:net";
import { startFaultProxy } from "@rollcall/test/fault-proxy.ts";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { slotOf } from "./key-slot.ts";
import { Batch, openRawRedis } from "./raw-redis.ts";
import { ReplyCursor, WholeReplies } from "./reply-cursor.ts";

const url = inject("redisUrl");
const key = (name: string) => `raw-${process.pid}-${name}`;
let redis: Redis;
beforeAll(() => {
  redis = new Redis(url);
});
afterAll(() => redis.disconnect());

const open = (address = url, timeoutMs = 3000) =>
  openRawRedis({ url: address, isCluster: false, name: "raw-test", timeoutMs });

describe("openRawRedis", () => {
  test("reads what ioredis wrote: texts of any length, numbers, nil, nested lists and refusals, each in its place", async () => {
    const long = "é\r\n$3\r\n".repeat(50_000);
    await redis.set(key("long"), long);
    await redis.set(key("count"), "42");
    const stream = `${key("stream")}-${randomUUID()}`;
    await redis.xadd(stream, "1-1", "field", "value");
    const raw = open();
    const found: unknown[] = [];
    const batch = new Batch();
    batch.add(key("long"), ["GET", key("long")], (reply) => found.push(reply.takeText() === long));
    batch.add(key("none"), ["GET", key("none")], (reply) => found.push(reply.takeText()));
    batch.add(key("long"), ["LLEN", key("long")], (reply) => found.push(reply.takeError()));
    batch.add(stream, ["XINFO", "STREAM", stream], (reply) => reply.skip());
    batch.add(key("count"), ["GET", key("count")], (reply) => found.push(reply.takeNumber()));
    batch.add(key("count"), ["STRLEN", key("count")], (reply) => found.push(reply.takeNumber()));
    batch.add(key("count"), ["PING"], (reply) => found.push(reply.takeText()));
    try {
      await raw.ask(batch);
      const wrong = "WRONGTYPE Operation against a key holding the wrong kind of value";
      expect(found).toEqual([true, null, wrong, 42, 2, "PONG"]);
    } finally {
      raw.close();
    }
  });

  test("a batch that stays the same is asked again with fresh answers", async () => {
    const raw = open();
    const found: (number | null)[] = [];
    const batch = new Batch();
    batch.add(key("n"), ["INCR", key("n")], (reply) => found.push(reply.takeNumber()));
    await redis.del(key("n"));
    try {
      for (let time = 0; time < 3; time += 1) await raw.ask(batch);
      expect(found).toEqual([1, 2, 3]);
    } finally {
      raw.close();
    }
  });

  test("a reader that fails or leaves a part of its reply fails its batch alone: each reply after it is its own", async () => {
    const raw = open();
    const found: unknown[] = [];
    const broken = new Batch();
    broken.add(key("n"), ["ECHO", "one"], () => {
      throw new Error("not what was wanted");
    });
    broken.add(key("n"), ["ECHO", "two"], (reply) => found.push(reply.takeText()));
    const good = new Batch();
    good.add(key("n"), ["ECHO", "three"], () => undefined);
    good.add(key("n"), ["ECHO", "four"], (reply) => found.push(reply.takeText()));
    try {
      await expect(raw.ask(broken)).rejects.toThrow("not what was wanted");
      await raw.ask(good);
      expect(found).toEqual(["four"]);
    } finally {
      raw.close();
    }
  });

  test("says why it is not let in, and is let in by the next request once it may", async () => {
    const user = `raw-${randomUUID()}`;
    const raw = open(`redis://${user}:secret@${new URL(url).host}`);
    const batch = new Batch();
    let text: string | null = null;
    batch.add("x", ["PING"], (reply) => {
      text = reply.takeText();
    });
    await expect(raw.ask(batch)).rejects.toThrow(/^WRONGPASS/);
    await redis.acl("SETUSER", user, "on", ">secret", "+ping", "+client|setname");
    try {
      await raw.ask(batch);
      expect(text).toBe("PONG");
    } finally {
      raw.close();
      await redis.acl("DELUSER", user);
    }
  });
});

describe("a raw connection that is lost", () => {
  const ping = () => {
    const found: (string | null)[] = [];
    const batch = new Batch();
    batch.add("x", ["PING"], (reply) => found.push(reply.takeText()));
    return { batch, found };
  };

  test("fails what is under way in time when nothing answers any more, and is made again by the next request", async () => {
    const { port, username, password } = new URL(url);
    const proxy = await startFaultProxy(Number(port));
    const raw = open(`redis://${username}:${password}@127.0.0.1:${proxy.port}`, 500);
    const { batch, found } = ping();
    try {
      await raw.ask(batch);
      proxy.swallow("down");
      await expect(raw.ask(batch)).rejects.toThrow("Command timed out");
      proxy.heal();
      await raw.ask(batch);
      proxy.cut();
      await raw.ask(batch).catch(() => undefined);
      await raw.ask(batch);
      expect(found.length).toBeGreaterThanOrEqual(3);
      expect(new Set(found)).toEqual(new Set(["PONG"]));
    } finally {
      raw.close();
      await proxy.close();
    }
  });

  test("is refused at once where nobody listens", async () => {
    const silent = await new Promise<Server>((resolve) => {
      const server = createServer().listen(0, "127.0.0.1", () => resolve(server));
    });
    const { port } = silent.address() as { port: number };
    await new Promise((resolve) => silent.close(resolve));
    await expect(open(`redis://127.0.0.1:${port}`).ask(ping().batch)).rejects.toThrow(/ECONNREFUSED/);
  });
});

describe("WholeReplies", () => {
  test("finds the end of the replies wherever the bytes are cut", () => {
    const bytes = Buffer.from("*2\r\n$4\r\na\r\nb\r\n*2\r\n:-1\r\n*0\r\n$-1\r\n-ERR no\r\n*-1\r\n+OK\r\n");
    for (let cut = 0; cut < bytes.length; cut += 1) {
      const replies = new WholeReplies();
      const found: number[] = [];
      for (const arrived of [cut, bytes.length])
        for (let at = replies.next(bytes, arrived); at !== null; at = replies.next(bytes, arrived)) found.push(at);
      expect(found).toEqual([0, 27, 32, 41, 46]);
    }
    const cursor = new ReplyCursor(bytes);
    cursor.skip();
    expect(cursor.takeText()).toBeNull();
    expect(cursor.takeError()).toBe("ERR no");
    expect(cursor.takeArray()).toBeNull();
    expect(cursor.takeText()).toBe("OK");
  });
});

describe("slotOf", () => {
  // From a redis-server: CLUSTER KEYSLOT.
  test.each([
    ["123456789", 12_739],
    ["{user1000}.following", 3443],
    ["foo{}{bar}", 8363],
    ["foo{{bar}}zap", 4015],
  ])("of %s is %d", (text, slot) => {
    expect(slotOf(text)).toBe(slot);
  });
});
