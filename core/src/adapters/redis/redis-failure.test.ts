import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { Failure, isFailure } from "../../domain/failure.ts";
import { withRedis } from "./connection.ts";
import { whyUnavailable } from "./redis-failure.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.disconnect());

const reply = (message: string, more: object = {}): Error =>
  Object.assign(new Error(message), { name: "ReplyError", ...more });
const named = (name: string): Error => Object.assign(new Error("x"), { name });
const coded = (code: string): Error => Object.assign(new Error("x"), { code });

describe("an error about Redis or the way to it is said as unavailable", () => {
  test.each([
    ["Redis does not answer", new Error("Connection is closed.")],
    ["Redis does not answer", new Error("Command timed out")],
    ["Redis does not answer", new Error("Socket timeout. Expecting data, but didn't receive any in 4000ms.")],
    ["Redis does not answer", named("MaxRetriesPerRequestError")],
    ["Redis does not answer", named("AbortError")],
    ["Redis does not answer", named("ParserError")],
    ["Redis does not answer", named("ClusterAllFailedError")],
    ["Redis does not answer", new Error("Cluster isn't ready and enableOfflineQueue options is false")],
    ["Redis is moving its data", reply("MOVED 3999 127.0.0.1:6381")],
    ["Redis does not answer", coded("ECONNRESET")],
    ["Redis does not answer", coded("EAI_AGAIN")],
    ["Redis is loading its data", reply("LOADING Redis is loading the dataset in memory")],
    ["Redis is a read-only replica", reply("READONLY You can't write against a read only replica.")],
    ["Redis takes nothing: its memory is full", reply("OOM command not allowed when used memory > 'maxmemory'.")],
    ["Redis takes no more connections", reply("ERR max number of clients reached")],
    [
      "Redis takes nothing: its memory is full",
      reply("EXECABORT Transaction discarded because of previous errors.", { previousErrors: [reply("OOM command")] }),
    ],
  ])("%s: %s", async (message, error) => {
    const failure = await withRedis(() => Promise.reject(error)).catch((found: unknown) => found);
    expect(failure).toMatchObject({ code: "unavailable", message, cause: error });
    expect(isFailure(failure)).toBe(true);
  });
});

describe("a mistake of ours stays what it is", () => {
  test.each([
    ["a wrong type", new TypeError("x is not a function")],
    ["a wrong argument", Object.assign(new TypeError("must be a string"), { code: "ERR_INVALID_ARG_TYPE" })],
    ["what cannot be parsed", new SyntaxError("Unexpected token")],
    ["an error that nobody knows", new Error("the pipeline was not executed")],
    ["a refusal of the command itself", reply("WRONGTYPE Operation against a key holding the wrong kind of value")],
    [
      "a MULTI that was written wrong",
      reply("EXECABORT", { previousErrors: [reply("ERR wrong number of arguments")] }),
    ],
    ["no error at all", "text"],
  ])("%s", async (_what, error) => {
    expect(whyUnavailable(error)).toBeNull();
    await expect(withRedis(() => Promise.reject(error))).rejects.toBe(error);
  });

  test("as Redis really refuses it", async () => {
    const wrong = () => redis.call("SET", "only-a-key");
    await expect(withRedis(wrong)).rejects.toMatchObject({ name: "ReplyError", message: /^ERR wrong number/ });
    const multi = () => redis.multi().call("SET", "only-a-key").exec();
    await expect(withRedis(multi)).rejects.toMatchObject({ name: "ReplyError", message: /^EXECABORT/ });
  });
});

test("a failure that says more passes as it is", async () => {
  const failure = new Failure("unavailable", "Redis may throw messages away");
  await expect(withRedis(() => Promise.reject(failure))).rejects.toBe(failure);
});
