import { z } from "zod";
import { LOG_LEVELS } from "./domain/log-line.ts";

const at = z.number().int().nonnegative().describe("milliseconds since the epoch");

/** One line of a log. */
export const apiLogLine = z.object({
  id: z.string().describe("of this line; `after` goes on behind it"),
  at,
  source: z.string().describe("id of the agent, or name of the service"),
  kind: z.enum(["agent", "service"]),
  level: z.enum(LOG_LEVELS),
  text: z.string().describe("without time, level and fields; a stack trace is part of it"),
  trace: z.string().nullable(),
  run: z.string().nullable(),
  operation: z.string().nullable().describe("op-481, if the line names one"),
  fields: z.record(z.string(), z.string()),
  incidents: z.array(z.string()).describe("inc-7: alerts that fired for this agent when the line was written"),
});
export type ApiLogLine = z.infer<typeof apiLogLine>;

/** How old the newest look at each place is that logs are read from. */
export const apiLogPlace = z.object({
  name: z.string(),
  readAt: at.nullable().describe("when it was read last; null: never"),
  problem: z.string().nullable().describe("why it cannot be read just now"),
});

/** Answer of `GET /logs`, `GET /logs/search` and `GET /agents/{id}/logs`. */
export const apiLogs = z.object({
  asOf: at,
  lines: z.array(apiLogLine).describe("oldest first"),
  older: z.string().nullable().describe("for `before`: the lines before these; null: there are none"),
  newest: z.string().describe("for `after`: what is taken in from now on"),
  nearest: at
    .nullable()
    .describe("if no line was found: when the nearest one before this time was written; null: none"),
  places: z.array(apiLogPlace),
});
export type ApiLogs = z.infer<typeof apiLogs>;

/** Answer of `GET /logs/counts`. */
export const apiLogCounts = z.object({
  asOf: at,
  stepSeconds: z.number().int().positive(),
  buckets: z
    .array(z.object({ from: at, counts: z.partialRecord(z.enum(LOG_LEVELS), z.number().int()) }))
    .describe("oldest first; a stretch without lines is there with no counts"),
});
export type ApiLogCounts = z.infer<typeof apiLogCounts>;

/** Data of one event of `GET /logs/stream` and `/logs/stream/socket`; its name is `type`. */
export const logStreamEvent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("hello"), id: z.string(), heartbeatSeconds: z.number() }),
  z.object({
    type: z.literal("line"),
    id: z.string().describe("of the line; `after` goes on behind it"),
    line: apiLogLine,
  }),
  z.object({
    ...{ type: z.literal("source"), id: z.string(), detail: z.string().nullable() },
    state: z.enum(["away", "back"]).describe("away: no lines until it is back; none is left out"),
  }),
  z.object({ type: z.literal("bye"), id: z.string(), reason: z.string().describe("why the stream ends") }),
]);
export type LogStreamEvent = z.infer<typeof logStreamEvent>;
