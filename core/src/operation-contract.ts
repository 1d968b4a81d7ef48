import { z } from "zod";
import { DOORS } from "./domain/actor.ts";
import { ENDINGS, OPERATION_STATES, STAGE_STATES } from "./domain/operation.ts";

const at = z.number().int().nonnegative().describe("milliseconds since the epoch");

/** One step on one agent, the same behind every door. */
const stage = z.object({
  name: z.string(),
  state: z.enum(STAGE_STATES),
  startedAt: at.nullable(),
  endedAt: at.nullable(),
  seconds: z.number().nonnegative().nullable().describe("how long it took; null while it has not ended"),
  detail: z.string().nullable(),
  error: z.string().nullable(),
});

const measured = z
  .object({
    at,
    waiting: z.number().nullable().describe("events that waited for it"),
    version: z.string().nullable(),
    handled: z.number().nullable().describe("tasks that its process had ended"),
    failed: z.number().nullable().describe("how many of them badly"),
    perSecond: z.number().nullable().describe("mean of that process"),
  })
  .describe("what could not be measured is null");

/** A command of kind `act`, from its acceptance to its end. */
export const apiOperation = z.object({
  id: z.string(),
  command: z.string(),
  input: z.unknown(),
  actor: z.object({ id: z.string(), name: z.string() }),
  door: z.enum(DOORS),
  reason: z.string().nullable(),
  force: z.boolean().default(false).describe("past the graceful order over the bus"),
  typed: z.string().nullable().default(null).describe("what a person types for the same: restart billing"),
  requestId: z.string(),
  state: z.enum(OPERATION_STATES),
  ending: z.enum(ENDINGS).nullable(),
  error: z.string().nullable(),
  targets: z.array(
    z.object({
      ...{ agent: z.string(), stages: z.array(stage), ending: z.enum(ENDINGS).nullable() },
      current: z.string().nullable().describe("name of the stage that is under way; null between two and at the end"),
      figures: z
        .object({ before: measured, after: measured.nullable() })
        .optional()
        .describe("only of an operation on one agent that is to work afterwards"),
    }),
  ),
  incidentId: z.string().nullable(),
  createdAt: at,
  startedAt: at.nullable(),
  endedAt: at.nullable(),
  knownAt: at.optional().describe("when an outcome that had been unknown was found out"),
  usualSeconds: z.number().nullable().describe("median of earlier ones; null: there are none"),
  earlierRuns: z.number().int().nonnegative().describe("how many usualSeconds is from"),
  asOf: at.describe("from when secondsLeft counts"),
  percent: z.number().int().min(0).max(100).describe("stages that are over; 100 only at the end"),
  secondsLeft: z
    .number()
    .nullable()
    .describe("estimate; below 0: longer than usual; null: ended, waits, or no estimate"),
  revision: z.number().int(),
  bulk: z
    .object({
      batches: z.array(z.array(z.string())).describe("agents of one batch are worked on side by side"),
      budget: z.number().int().describe("agents that may fail before it stops and waits for continue or cancel"),
      stops: z.array(
        z.object({
          ...{ at, until: at.describe("it ends then if nobody has answered") },
          ...{ rule: z.enum(["budget", "capacity"]), why: z.string(), failed: z.number().int() },
          answered: z.string().nullable().describe("id of the newest continue by then"),
        }),
      ),
    })
    .optional()
    .describe("only of an operation over many agents that has begun"),
});
export type ApiOperation = z.infer<typeof apiOperation>;
export const apiOperationAnswer = z.object({ operation: apiOperation });
export const apiAccepted = apiOperationAnswer.extend({
  repeated: z.boolean().describe("the same Idempotency-Key was accepted before; nothing was done now"),
});
export const apiOperations = z.object({ asOf: at, operations: z.array(apiOperation) });
