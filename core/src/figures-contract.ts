import { z } from "zod";

const at = z.number().int().nonnegative().describe("milliseconds since the epoch");

/** What figures are counted in; a ratio goes from 0 to 1. */
const unit = z.enum(["per second", "seconds", "ratio", "bytes", "cores", "events", "agents", "commands", "alerts"]);
export type FigureUnit = z.infer<typeof unit>;

/** One number with its age. What is not measured is null and says why; it is never 0. */
export const apiFigure = z.object({
  value: z.number().nullable().describe("null: not known; `reason` says why"),
  unit,
  ageSeconds: z.number().nonnegative().nullable().describe("age of the newest measurement in it; null: there is none"),
  reason: z.string().nullable().describe("why it is not known"),
});
export type ApiFigure = z.infer<typeof apiFigure>;

/** A key figure, and what is usual of it at this time of the day. */
export const apiKeyFigure = apiFigure.extend({
  dayBefore: z.number().nullable().describe("the same a day before; null: not measured then, or not read yet"),
  normal: z
    .object({ least: z.number(), most: z.number() })
    .nullable()
    .describe("between what it was at this time on the seven days before; null: measured on fewer than three of them"),
});
export type ApiKeyFigure = z.infer<typeof apiKeyFigure>;

/** A stretch of time that figures look at. */
export interface Stretch {
  /** How long it is. */
  readonly rangeSeconds: number;
  /** Where it ends, milliseconds since the epoch; null: now, whenever that is. */
  readonly to: number | null;
}

/** What every answer about figures begins with. */
export const figuresHead = {
  asOf: at.describe("when Prometheus was asked, milliseconds since the epoch"),
  ageSeconds: z.number().nonnegative().describe("how long ago that was: answers are kept for some seconds"),
  problem: z.string().nullable().describe("why these are older than usual"),
  rangeSeconds: z.number().describe("how far back they look"),
  coveredSeconds: z
    .object({ exporter: z.number().nullable(), control: z.number().nullable() })
    .describe("how much of that was measured, by who measured it; null: nothing"),
};

/** Answer of `GET /figures/key`. */
export const apiKeyFigures = z.object({
  ...figuresHead,
  figures: z.object({
    events: apiKeyFigure.describe("events published"),
    handled: apiKeyFigure.describe("events that agents handled well"),
    errors: apiKeyFigure.describe("share of handled events that failed"),
    latencyP50: apiKeyFigure.describe("from publishing to the start of the handler"),
    latencyP95: apiKeyFigure,
    latencyP99: apiKeyFigure,
    waiting: apiKeyFigure.describe("events that no subscription has been handed yet"),
    inHand: apiKeyFigure.describe("events handed over and not acknowledged yet"),
    deadLetters: apiKeyFigure.describe("events put aside in this time"),
    working: apiKeyFigure.describe("agents that prove that they work"),
    expected: apiKeyFigure.describe("agents that should exist"),
    alerts: apiKeyFigure.describe("alerts that fire, without the one that always does"),
    commands: apiKeyFigure.describe("commands that doors were told in this time"),
    requests: apiKeyFigure.describe("HTTP requests to the control service"),
    requestErrors: apiKeyFigure.describe("share of them that failed on our side"),
    requestP95: apiKeyFigure.describe("time of an HTTP request"),
  }),
});
export type ApiKeyFigures = z.infer<typeof apiKeyFigures>;

const points = z
  .array(z.tuple([at, z.number().nullable()]))
  .describe("moment and value, one per step, oldest first; null: not measured then");

/** One line of a chart; `ageSeconds` is that of its newest point. */
export const apiSeries = z.object({
  measure: z.string(),
  of: z.string().nullable().describe("topic, or service; null: all together"),
  unit,
  ageSeconds: apiFigure.shape.ageSeconds,
  reason: apiFigure.shape.reason,
  points,
});
export type ApiSeries = z.infer<typeof apiSeries>;

const course = { ...figuresHead, stepSeconds: z.number(), from: at, to: at };

/** Answer of `GET /figures/throughput`. */
export const apiThroughput = z.object({ ...course, series: z.array(apiSeries) });
export type ApiThroughput = z.infer<typeof apiThroughput>;

const latencies = z.object({
  of: z.string().describe("topic, command or route"),
  count: apiFigure.describe("how many that was"),
  p50: apiFigure,
  p95: apiFigure,
  p99: apiFigure,
});

/** Answer of `GET /figures/latency`; each list has the most frequent first. */
export const apiLatency = z.object({
  ...figuresHead,
  events: z.array(latencies).describe("by topic: from publishing to the start of the handler"),
  commands: z.array(latencies).describe("by command: from its acceptance to its end"),
  requests: z.array(latencies).describe("by route: from the first byte to the answer's last"),
  problems: z.array(z.string()).describe("which of the lists are empty because nothing was measured, and why"),
});
export type ApiLatency = z.infer<typeof apiLatency>;

/** Answer of `GET /figures/resources`. */
export const apiResources = z.object({
  ...course,
  services: z.array(apiSeries).describe("control service and exporter over time"),
  agents: z
    .array(
      z.object({
        agent: z.string(),
        host: z.string().nullable().describe("null: no heartbeat"),
        cpu: apiFigure.describe("cores in use, on average since the agent began"),
        memory: apiFigure.describe("resident memory"),
        eventLoopDelay: apiFigure.describe("how late its timers are"),
      }),
    )
    .describe("what agents say themselves in their heartbeats, most memory first"),
  agentsOmitted: z.number().int().describe("agents beyond the limit"),
  problems: z.array(z.string()),
});
export type ApiResources = z.infer<typeof apiResources>;

const spots = z.array(z.object({ name: z.string(), figure: apiFigure }));

/** Answer of `GET /figures/hot-spots`; each list has the worst first and leaves out what is 0. */
export const apiHotSpots = z.object({
  ...figuresHead,
  busiest: spots.describe("agents by events handled"),
  slowest: spots.describe("topics by the 95th percentile from publishing to handling"),
  failing: spots.describe("agents by failed events"),
  waiting: spots.describe("agents by events not handed to them yet"),
  problems: z.array(z.string()).describe("which of the lists are empty because nothing was measured, and why"),
});
export type ApiHotSpots = z.infer<typeof apiHotSpots>;
