import { z } from "zod";
import { figuresHead } from "./figures-contract.ts";
import { agentId } from "./protocol.ts";

/** How much time goes into one number. */
export const MEASURE_WINDOWS = ["1m", "5m", "1h", "1d"] as const;
export type MeasureWindow = (typeof MEASURE_WINDOWS)[number];

/** What is made of the measurements of a window. */
export const MEASURE_FUNCTIONS = ["avg", "min", "max", "sum", "rate", "p50", "p95", "p99"] as const;
export type MeasureFunction = (typeof MEASURE_FUNCTIONS)[number];

/** Labels that a measure can be split by; each has few values, or those of the expected fleet. */
export const MEASURE_LABELS = [
  ...["agent", "group", "criticality", "owner", "topic", "health", "verdict", "activity", "state", "reason", "outcome"],
  ...["api", "command", "door", "ending", "method", "route", "status"],
] as const;

/** What is asked of a metric; which functions fit follows from its name. */
export const measureQuestion = z.strictObject({
  name: z
    .string()
    .max(100)
    .regex(/^rollcall(_[a-z]+){2,}$/, "a metric of Rollcall, as docs/metrics.md names it")
    .refine((name) => !/_(bucket|count|sum)$/.test(name), "the histogram itself, without _bucket, _sum or _count")
    .describe("a metric of docs/metrics.md; of a histogram without its ending"),
  window: z.enum(MEASURE_WINDOWS).default("5m").describe("how much time goes into one number"),
  function: z
    .enum(MEASURE_FUNCTIONS)
    .describe("of a gauge avg, min, max, sum; of a counter sum (its increase), rate; of a histogram p50, p95, p99"),
  by: z.enum(MEASURE_LABELS).optional().describe("one number for each value of this label; else one for all"),
  agent: agentId.optional().describe("of this agent alone; a metric that is not by agent has nothing then"),
});
export type MeasureQuestion = z.infer<typeof measureQuestion>;

const asked = {
  name: z.string(),
  window: z.enum(MEASURE_WINDOWS),
  function: z.enum(MEASURE_FUNCTIONS),
  by: z.string().nullable(),
  unit: z.string().describe("seconds, bytes, count, or one of them per second"),
  reason: z.string().nullable().describe("why there is nothing"),
};
const at = z.number().int().nonnegative();

/** Answer of `GET /figures/measure`: the largest first. */
export const apiMeasure = z.object({
  ...figuresHead,
  ...asked,
  values: z.array(
    z.object({ of: z.string().nullable().describe("value of the label; null: all together"), value: z.number() }),
  ),
  measuredSecondsAgo: z.number().nullable().describe("age of the newest measurement in it; null: there is none"),
});
export type ApiMeasure = z.infer<typeof apiMeasure>;

/** Answer of `GET /figures/measure/course`. */
export const apiMeasureCourse = z.object({
  ...figuresHead,
  ...asked,
  ...{ stepSeconds: z.number(), from: at, to: at },
  series: z.array(
    z.object({
      of: z.string().nullable(),
      points: z
        .array(z.tuple([at, z.number().nullable()]))
        .describe("moment and value, one per step; null: not measured"),
    }),
  ),
  seriesOmitted: z.number().int().describe("lines beyond the limit of 50"),
});
export type ApiMeasureCourse = z.infer<typeof apiMeasureCourse>;
