import { z } from "zod";

const count = z.number().int().nonnegative();

/** The ways of an event whose times are told: publish → delivered → handler start → handled, and the first to the last. */
export const STAGES = ["deliver", "wait", "handle", "total"] as const;
export type Stage = (typeof STAGES)[number];

/**
 * Buckets of a stage are exponential: bucket i holds times in (2^((i-1)/4), 2^(i/4)] seconds, so a percentile out of them
 * is wrong by less than 19 %. It is schema 2 of Prometheus' native histograms.
 */
export const STAGE_BUCKETS_PER_DOUBLING = 4;
/** 2^-11 s: half a millisecond, and all that is shorter. */
export const FIRST_STAGE_BUCKET = -44;
/** Longer than 2^7 s, two minutes. */
export const LAST_STAGE_BUCKET = 29;
const BUCKETS = LAST_STAGE_BUCKET - FIRST_STAGE_BUCKET + 1;

/** Upper bounds in seconds, the last (+Inf) left out. */
export const STAGE_BOUNDS_SECONDS: readonly number[] = Array.from(
  { length: BUCKETS - 1 },
  (_, index) => 2 ** ((FIRST_STAGE_BUCKET + index) / STAGE_BUCKETS_PER_DOUBLING),
);

const stageTotals = z
  .object({
    /** Bucket that the first of `counts` is of. */
    first: z.number().int().min(FIRST_STAGE_BUCKET).max(LAST_STAGE_BUCKET),
    /** One count per bucket from there on, not summed up. */
    counts: z.array(count).max(BUCKETS),
    sumSeconds: z.number().nonnegative(),
    /** The longest since the last beat that was part of a trace. */
    slowest: z
      .object({
        seconds: z.number().nonnegative(),
        traceId: z.string().regex(/^[0-9a-f]{32}$/, "32 hex digits"),
        at: count,
      })
      .optional(),
  })
  .refine(({ first, counts }) => first + counts.length - 1 <= LAST_STAGE_BUCKET, "too many buckets");
export type StageTotals = z.infer<typeof stageTotals>;

/** Calls of one outside API, cumulative in the epoch, and what that API last said of its limit. */
const apiCalls = z.object({
  done: count,
  failed: count,
  /** Calls that the API allows in its window; missing if it did not say. */
  limit: count.optional(),
  remaining: count.optional(),
  /** When the window ends, ms. */
  resetsAt: count.optional(),
});

/** Names of outside APIs become label values. */
export const apiName = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, "a-z, 0-9 and -, at most 40 characters");
export const MOST_APIS = 16;

/** What an agent measures of itself beyond what every heartbeat says; cumulative since the epoch began. */
export const agentFigures = z.object({
  stages: z.partialRecord(z.enum(STAGES), stageTotals),
  /** In handlers and periodic work, together. */
  busySeconds: z.number().nonnegative(),
  /** Entries taken up, those taken up again too. */
  deliveries: count,
  redeliveries: count,
  calls: z.record(apiName, apiCalls).refine((calls) => Object.keys(calls).length <= MOST_APIS, "too many APIs"),
  /** Bytes of the process that went to and came from a disk; missing where the system does not tell. */
  disk: z.object({ readBytes: count, writtenBytes: count }).optional(),
  /** Bytes over the process's own connections. */
  network: z.object({ receivedBytes: count, sentBytes: count }).optional(),
});
export type AgentFigures = z.infer<typeof agentFigures>;

const SHORTEST = 2 ** (FIRST_STAGE_BUCKET / STAGE_BUCKETS_PER_DOUBLING);
/** Bounds within one doubling; a rounding error must not lift a bound into the next bucket. */
const [QUARTER, HALF, THREE_QUARTERS] = [1, 2, 3].map((part) => 2 ** (part / 4) * (1 + 1e-10)) as [
  number,
  number,
  number,
];
const asNumber = new Float64Array(1);
/** The same number as 64 bits, the upper ones second (IEEE 754, of a machine with its low byte first). */
const asBits = new Uint32Array(asNumber.buffer);
const MANTISSA = 0xfffff;
const EXPONENT_OF_ONE = 0x3ff00000;

/**
 * Bucket of a time; negative times count as 0, for the clock of the bus is an estimate. Each event is counted four times:
 * the exponent is taken out of the number's bits, for a logarithm takes several times as long.
 */
export function stageBucketOf(seconds: number): number {
  if (!(seconds > SHORTEST)) return FIRST_STAGE_BUCKET;
  asNumber[0] = seconds;
  const upper = asBits[1] as number;
  const doublings = (upper >>> 20) - 1023;
  asBits[1] = (upper & MANTISSA) | EXPONENT_OF_ONE;
  return Math.min(doublings * STAGE_BUCKETS_PER_DOUBLING + partOf(asNumber[0]), LAST_STAGE_BUCKET);
}

/** @param mantissa from 1 to below 2 */
function partOf(mantissa: number): number {
  if (mantissa <= HALF) return mantissa <= QUARTER ? (mantissa <= 1 + 1e-10 ? 0 : 1) : 2;
  return mantissa <= THREE_QUARTERS ? 3 : 4;
}
