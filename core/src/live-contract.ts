import { z } from "zod";
import { apiRequest } from "./approval-contract.ts";
import { apiAgent, apiIncident } from "./contract.ts";
import { LOG_LEVELS } from "./domain/log-line.ts";
import { apiOperation } from "./operation-contract.ts";
import { rollNews } from "./roll-contract.ts";

/** What can be followed at `GET /live` and `/live/socket`. */
export const LIVE_TOPICS = ["agents", "operations", "incidents", "requests", "roll-calls", "logs"] as const;
export type LiveTopic = (typeof LIVE_TOPICS)[number];
/** What is sent to who names no topics: lines come all the time, so only who asks is told of them. */
export const USUAL_TOPICS: readonly LiveTopic[] = LIVE_TOPICS.filter((topic) => topic !== "logs");

/** Why a client must read the lists anew: events between are not to be had. */
export const LIVE_GAPS = ["too-old", "restarted", "unknown-id", "dropped", "first-look", "too-many"] as const;

/** Data of one live event; its name is `type`. Ids are only for resuming, with `Last-Event-ID` or `after`. */
export const liveEvent = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("hello"),
    id: z.string(),
    topics: z.array(z.enum(LIVE_TOPICS)),
    heartbeatSeconds: z.number(),
  }),
  z.object({ type: z.literal("agent"), id: z.string(), topic: z.literal("agents"), agent: apiAgent }),
  z.object({ type: z.literal("agent-removed"), id: z.string(), topic: z.literal("agents"), agent: z.string() }),
  z.object({ type: z.literal("operation"), id: z.string(), topic: z.literal("operations"), operation: apiOperation }),
  z.object({ type: z.literal("incident"), id: z.string(), topic: z.literal("incidents"), incident: apiIncident }),
  z.object({ type: z.literal("request"), id: z.string(), topic: z.literal("requests"), request: apiRequest }),
  z.object({ type: z.literal("roll-call"), id: z.string(), topic: z.literal("roll-calls"), rollCall: rollNews }),
  z
    .object({
      ...{ type: z.literal("logs"), id: z.string(), topic: z.literal("logs") },
      newest: z.string().describe("of the lines that were taken in; what is new is behind `after` of before"),
      counts: z.partialRecord(z.enum(LOG_LEVELS), z.number().int()).describe("how many, by level"),
    })
    .describe("lines were taken in; at most twice a second"),
  z.object({
    type: z.literal("source"),
    id: z.string(),
    topic: z.enum(LIVE_TOPICS),
    state: z.enum(["away", "back"]).describe("away: nothing can be said until it is back; then what changed is sent"),
    detail: z.string().nullable(),
  }),
  z.object({
    type: z.literal("gap"),
    id: z.string(),
    topics: z.array(z.enum(LIVE_TOPICS)).describe("read their lists anew"),
    reason: z.enum(LIVE_GAPS),
    missed: z.number().int().nullable().describe("events of all topics that were left out; null: not known"),
  }),
  z.object({ type: z.literal("bye"), id: z.string(), reason: z.string().describe("why the stream ends") }),
]);
export type LiveEvent = z.infer<typeof liveEvent>;

/** Body of `POST /live/ticket`. */
export const liveTicketRequest = z.strictObject({
  topics: z.array(z.enum(LIVE_TOPICS)).min(1).max(10).optional().describe("all if not said"),
});

/** Answer of `POST /live/ticket`. */
export const liveTicket = z.object({
  ticket: z.string().describe("for ?ticket= of the WebSocket, once"),
  expiresInSeconds: z.number(),
  path: z.string().describe("of the WebSocket"),
  topics: z.array(z.enum(LIVE_TOPICS)).describe("what may be followed with it"),
});

/** What a client may send over `/live/socket`. */
export const liveRequest = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("subscribe"), topics: z.array(z.enum(LIVE_TOPICS)).min(1).max(10) }),
  z.strictObject({ type: z.literal("unsubscribe"), topics: z.array(z.enum(LIVE_TOPICS)).min(1).max(10) }),
]);
