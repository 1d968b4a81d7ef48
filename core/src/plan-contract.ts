import { z } from "zod";
import type { Plan } from "./domain/plan.ts";
import { HEALTHS, VERDICTS } from "./domain/verdict.ts";
import { CRITICALITIES, desiredState } from "./protocol.ts";

const at = z.number().int().nonnegative().describe("milliseconds since the epoch");
const count = z.number().int().nonnegative();

/** One agent that a plan would touch, as it was found. */
const plannedTarget = z.object({
  agent: z.string(),
  criticality: z.enum(CRITICALITIES),
  verdict: z.enum(VERDICTS),
  health: z.enum(HEALTHS),
  note: z.string().nullable(),
  activity: z.string().nullable().describe("what the agent says it does; null: no heartbeat"),
  inFlight: count.nullable().describe("items in hand"),
  oldestInFlightAt: at.nullable(),
  waiting: count.nullable().describe("items that wait in its subscriptions; null: not measured"),
  epoch: count.nullable().describe("which process it is"),
  startedAt: at.nullable(),
  version: z.string().nullable(),
  desired: desiredState.shape.state,
});

/** What a command would do; nothing has happened. */
export const apiPlan = z.object({
  command: z.string(),
  input: z.unknown(),
  force: z.boolean(),
  actor: z.string().describe("who asked; nobody else can confirm it"),
  subjects: z.array(z.string()).describe("what is worked on: ids of agents, or what the command is about"),
  targets: z.array(plannedTarget),
  fleetSize: count,
  batches: z.array(z.array(z.string())).describe("those of one batch side by side, the batches one after another"),
  budget: count.nullable().describe("it stops when so many agents have failed; null: there are not several"),
  groupsBelow: z.array(z.string()).describe("groups that have less than their minimum at work meanwhile"),
  stages: z.array(z.string()),
  interrupts: z.boolean().describe("whether its agents do not work meanwhile"),
  dependents: z
    .array(z.object({ agent: z.string(), topics: z.array(z.string()) }))
    .describe("who gets nothing meanwhile, by the declarations of the bus"),
  queues: z
    .array(z.object({ topic: z.string(), perSecond: z.number().nonnegative().nullable() }))
    .describe("what comes in meanwhile, and queues"),
  usualSeconds: z.number().nonnegative().nullable().describe("from earlier runs; null: there are none"),
  earlierRuns: count,
  secondPerson: z
    .object({ rule: z.string(), why: z.string(), whoCan: z.array(z.string()) })
    .nullable()
    .describe("why one person is not enough, and who else can agree now"),
  brakes: z.array(z.object({ rule: z.string(), why: z.string() })).describe("brakes that it would pass"),
  remarks: z.array(z.string()).optional().describe("what the command itself has to say: what a silence mutes"),
  incidentId: z.string().nullable(),
  policyVersion: z.string(),
  problems: z.array(z.string()).describe("what could not be asked, so that more is unknown than usual"),
  asOf: at,
}) satisfies z.ZodType<Plan>;

/** Answer of a command that is shown as a plan first. Nothing was done. */
export const apiPlanned = z.object({
  kind: z.literal("plan"),
  plan: apiPlan,
  words: z.object({
    title: z.string().describe("what it is for: Restart @content"),
    lines: z.array(z.string()).describe("what it would do, as every door says it"),
    valid: z.string().nullable().describe("how long it can be confirmed; null: it was only to be shown"),
    typed: z.string().nullable().describe("what has to be typed before it may be confirmed; null: nothing"),
  }),
  confirm: z
    .object({ token: z.string().describe("for `confirm` of the same command, once"), expiresAt: at })
    .nullable()
    .describe("null: it was only to be shown"),
  changed: z
    .string()
    .nullable()
    .describe("why it comes in place of the plan that was confirmed; null: it was asked for"),
});
export type ApiPlanned = z.infer<typeof apiPlanned>;
