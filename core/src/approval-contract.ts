import { z } from "zod";
import { DOORS } from "./domain/actor.ts";
import { REQUEST_STATES } from "./domain/approval.ts";
import { apiPlan } from "./plan-contract.ts";

const at = z.number().int().nonnegative().describe("milliseconds since the epoch");
const person = z.object({ id: z.string(), name: z.string() });

/** A command that waits for a second person, or has waited. */
export const apiRequest = z.object({
  id: z.string(),
  command: z.string(),
  input: z.unknown(),
  actor: person.describe("who asked"),
  door: z.enum(DOORS),
  reason: z.string(),
  targets: z.array(z.string()),
  hash: z.string().describe("SHA-256 over what the plan is bound to: what is agreed to"),
  incidentId: z.string().nullable(),
  plan: apiPlan.optional().describe("what would be done, as it was shown to who asked"),
  rule: z.string().describe("why one person is not enough, as an id"),
  why: z.string(),
  state: z.enum(REQUEST_STATES),
  createdAt: at,
  expiresAt: at,
  decidedBy: person.nullable(),
  decidedDoor: z.enum(DOORS).nullable(),
  decidedAt: at.nullable(),
  decisionReason: z.string().nullable(),
  operationId: z.string().nullable().describe("what it became"),
  revision: z.number().int(),
});
export type ApiRequest = z.infer<typeof apiRequest>;

/** Answer of a command that waits for a second person; nothing was done. */
export const apiAsked = z.object({
  request: apiRequest,
  repeated: z.boolean().describe("the same Idempotency-Key asked before; nothing was done now"),
});

/** Answer of `GET /requests`. */
export const apiRequests = z.object({
  asOf: at,
  requests: z.array(apiRequest).describe("newest first"),
  next: z.string().nullable().describe("for ?before= of the next page; null: this is the last"),
});

/** Answer of `GET /requests/{id}`. */
export const apiRequestAnswer = z.object({ request: apiRequest });
