import type { Redis } from "ioredis";
import type { Keys } from "../../protocol/keys.ts";
import { resultsOf } from "./connection.ts";

/** A group that is further behind is looked at again when it is nearer: what it has not read is counted one by one. */
const MOST_COUNTED = 200;

// In one step, so that nothing is read or published between the count and its correction. The place of the group stays.
const MEND = `
local stream, most = KEYS[1], tonumber(ARGV[1])
if redis.call("EXISTS", stream) == 0 then return 0 end
local function fields(flat)
  local found = {}
  for at = 1, #flat, 2 do found[flat[at]] = flat[at + 1] end
  return found
end
local info, mended = fields(redis.call("XINFO", "STREAM", stream)), 0
for _, row in ipairs(redis.call("XINFO", "GROUPS", stream)) do
  local group = fields(row)
  local last, waiting = group["last-delivered-id"], 0
  if last ~= info["last-generated-id"] then
    waiting = #redis.call("XRANGE", stream, "(" .. last, "+", "COUNT", most + 1)
  end
  local read = info["entries-added"] - waiting
  if waiting <= most and group["lag"] ~= waiting and group["entries-read"] ~= read then
    redis.call("XGROUP", "SETID", stream, group["name"], last, "ENTRIESREAD", read)
    mended = mended + 1
  end
end
return mended`;

/**
 * Makes `lag` of each group what really waits for it. Redis counts what a group has read beside the group's place, and starts
 * from an append-only file that was rewritten while it ran without what was read since the rewriting (seen with 7.0.15): from
 * then on it says too much, for good, also of groups for which nothing waits.
 * @returns how many groups were mended
 */
export async function mendReadCounts(redis: Redis, keys: Keys, topics: readonly string[]): Promise<number> {
  if (topics.length === 0) return 0;
  const pipeline = redis.pipeline();
  for (const topic of topics) pipeline.eval(MEND, 1, keys.topic(topic), MOST_COUNTED);
  return resultsOf(await pipeline.exec()).reduce<number>((sum, mended) => sum + Number(mended), 0);
}
