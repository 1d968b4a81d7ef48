import { z } from "zod";
import { SUITES } from "./diagnostic.ts";
import { ROLES } from "./domain/actor.ts";
import { FAILURE_CODES } from "./domain/failure.ts";
import { HEALTHS, VERDICTS } from "./domain/verdict.ts";
import { ACTIVITIES, agentId, CRITICALITIES, desiredState } from "./protocol.ts";
import { silencedFields } from "./silence-contract.ts";

const at = z.number().int().nonnegative().describe("milliseconds since the epoch");

/** The one shape of every error of the HTTP API; `id` is the id of the request. */
export const apiError = z.object({
  code: z.enum([...FAILURE_CODES, "bug"]),
  message: z.string().describe("one sentence for a person"),
  found: z.string().nullable().describe("what stood there"),
  allowed: z.array(z.string()).describe("what may stand there"),
  next: z.string().nullable().describe("what to do now"),
  id: z.string().describe("id of the request, to quote"),
});
export type ApiError = z.infer<typeof apiError>;

/** Entries not yet handled of one subscription. */
export const apiWaiting = z.object({
  topic: z.string(),
  lag: z.number().int().nonnegative().nullable().describe("not yet delivered; null: unknown"),
  pending: z.number().int().nonnegative().describe("delivered, not acknowledged"),
});

/** One agent as it is at `asOf`. */
export const apiAgent = z.object({
  id: agentId,
  group: agentId,
  parent: agentId.nullable(),
  does: z.string(),
  labels: z.record(z.string(), z.string()),
  criticality: z.enum(CRITICALITIES),
  owner: agentId,
  runbook: z.string().nullable(),
  consequence: z.string(),
  verdict: z.enum(VERDICTS),
  rung: z.number().int().min(0).max(5).nullable().describe("highest rung passed; null: our own way to ask is broken"),
  provable: z
    .number()
    .int()
    .min(1)
    .max(5)
    .describe("highest rung it can prove: 1 by its supervisor alone, 2 by a mapped heartbeat"),
  health: z.enum(HEALTHS),
  since: at.nullable().describe("from when the verdict holds, as far as it is known"),
  note: z.string().nullable(),
  activity: z.enum(ACTIVITIES).nullable().describe("what the agent says it does; null: no heartbeat"),
  version: z.string().nullable(),
  lastHeartbeatAt: at.nullable(),
  processUp: z.boolean().nullable().describe("null: the supervisor did not answer"),
  desired: desiredState,
  inFlight: z.number().int().nullable().describe("items that it works on; null: no heartbeat"),
  held: z
    .number()
    .int()
    .nullable()
    .describe("items that it took off the bus and has not finished; null: it does not say"),
  maintenance: z
    .object({ id: z.string(), by: z.string(), reason: z.string().nullable(), endsAt: at })
    .nullable()
    .describe("the window that it is in: measured as ever, muted, off on purpose"),
  waiting: z.array(apiWaiting).nullable().describe("null: not measured"),
});
export type ApiAgent = z.infer<typeof apiAgent>;

const problems = z.array(z.string()).describe("what could not be asked, so that more is unknown than usual");

/** Answer of `GET /agents`; sick first. */
export const apiAgents = z.object({
  asOf: at.describe("Redis time of the measurement, milliseconds since the epoch"),
  problems,
  expected: z.number().int().describe("agents that should exist"),
  matched: z.number().int().describe("agents that fit the filter, on all pages"),
  agents: z.array(apiAgent),
});

/** Answer of `GET /agents/:id`. */
export const apiAgentAnswer = z.object({ asOf: at, problems, agent: apiAgent });

/** One command that may be run at `POST /commands/:name`. */
export const apiCommand = z.object({
  name: z.string(),
  aliases: z.array(z.string()),
  summary: z.string(),
  role: z.enum(ROLES).nullable().describe("role it needs; null: none"),
  kind: z.enum(["read", "act"]),
  danger: z.number().int().min(0).max(3),
  input: z.record(z.string(), z.unknown()).describe("JSON Schema of the input"),
  examples: z.array(z.string()),
});
/** As the caller sees it: forms offer what they may ask for, and say of the rest why not. */
export const apiOfferedCommand = apiCommand.extend({
  mayAsk: z.boolean().describe("whether you alone may ask for it; about which agents is decided when you do"),
  whyNot: z.string().nullable().describe("why you may not; null if you may"),
});
export const apiCommands = z.object({ commands: z.array(apiOfferedCommand) });

/** Body of `POST /commands/:name`. */
export const commandRequest = z.strictObject({
  input: z.record(z.string(), z.unknown()).default({}),
  reason: z.string().trim().min(1).max(200).optional(),
  force: z.boolean().default(false).describe("past the graceful order over the bus; needs a reason"),
  dryRun: z.boolean().default(false).describe("only show what it would do; changes nothing, needs no Idempotency-Key"),
  confirm: z.string().min(1).max(200).optional().describe("token of the plan that is confirmed; input may be left out"),
  incident: z
    .string()
    .regex(/^inc-\d{1,15}$/, "inc- and a number")
    .optional()
    .describe("incident that it is started from; restarting what fires takes it"),
});

/** Header of a command of kind `act`: unique per wish, so that a repeat does nothing twice. */
export const idempotencyKey = z.string().regex(/^[\x21-\x7e]{8,200}$/, "8 to 200 visible ASCII characters");

/** Answer of `GET /diagnostics`. */
export const apiDiagnostics = z.object({
  diagnostics: z.array(
    z.object({
      name: z.string(),
      summary: z.string(),
      suites: z.array(z.enum(SUITES)),
      timeoutSeconds: z.number().positive(),
    }),
  ),
});

/** One run of a suite; its `id` is that of its operation. */
export const apiDiagnosticRun = z.object({
  id: z.string(),
  suite: z.string(),
  by: z.string(),
  state: z.enum(["running", "passed", "failed", "cancelled", "unknown"]),
  createdAt: at,
  endedAt: at.nullable(),
  passed: z.number().int(),
  failed: z.number().int(),
  skipped: z.number().int(),
  total: z.number().int(),
  checks: z.array(
    z.object({
      name: z.string(),
      state: z.enum(["waiting", "running", "passed", "failed", "skipped"]),
      evidence: z.array(z.string()).describe("what was measured"),
      next: z.string().nullable().describe("what to type now"),
      seconds: z.number().nullable(),
    }),
  ),
});
export const apiDiagnosticRuns = z.object({ asOf: at, runs: z.array(apiDiagnosticRun) });

const action = z.object({
  label: z.string(),
  command: z.string(),
  input: z.record(z.string(), z.unknown()),
  danger: z.boolean(),
  confirm: z.object({ title: z.string(), text: z.string(), yes: z.string() }).nullable(),
});

/** Answer of a command of kind `read`: words for people, `data` for programs. */
export const apiAnswer = z.object({
  report: z.object({
    headline: z.string(),
    context: z.string().nullable(),
    lines: z.array(z.string()),
    fields: z.array(z.object({ name: z.string(), value: z.string() })),
    actions: z.array(action),
    sameAs: z.string().nullable(),
    picture: z
      .object({ path: z.string(), words: z.string().describe("what is on it, for whoever cannot see it") })
      .optional()
      .describe("where its picture is, if it has one"),
    file: z
      .object({ name: z.string(), title: z.string(), text: z.string() })
      .optional()
      .describe("more than a message holds: lines of a log"),
  }),
  data: z.unknown(),
});
export type ApiAnswer = z.infer<typeof apiAnswer>;

/** One open incident. */
export const apiIncident = z.object({
  id: z.string(),
  alertname: z.string(),
  criticality: z.enum(CRITICALITIES),
  state: z.enum(["firing", "resolved"]),
  openedAt: at,
  resolvedAt: at.nullable(),
  acknowledgedBy: z.object({ id: z.string(), name: z.string() }).nullable(),
  acknowledgedAt: at.nullable(),
  acknowledgedHow: z.string().nullable(),
  ...silencedFields,
  openedBy: z
    .object({ id: z.string(), name: z.string() })
    .optional()
    .describe("whoever opened it by hand; left out where an alert did"),
  closed: z
    .object({ by: z.object({ id: z.string(), name: z.string() }), cause: z.string(), helped: z.string().nullable() })
    .optional()
    .describe("how somebody ended what was opened by hand"),
  alerts: z.array(
    z.object({
      alertname: z.string(),
      agent: z.string().nullable(),
      labels: z.record(z.string(), z.string()),
      annotations: z.record(z.string(), z.string()),
      startsAt: at,
      firing: z.boolean(),
      endedAt: at.nullable(),
    }),
  ),
});
export const apiIncidents = z.object({ asOf: at, incidents: z.array(apiIncident) });

/** Rows of the audit log, newest first. */
export const apiAudit = z.object({
  rows: z.array(
    z.object({
      seq: z.number().int(),
      at: z.string(),
      event: z.string(),
      actor: z.string(),
      identity: z.string().optional().describe("as whom the door knows them"),
      door: z.string(),
      action: z.string().optional(),
      command: z.string().nullable(),
      targets: z.array(z.string()),
      decision: z.enum(["allowed", "refused"]).nullable(),
      rule: z.string().nullable(),
      reason: z.string().nullable(),
      operationId: z.string().nullable(),
      requestId: z.string().nullable(),
      correlationId: z.string().optional(),
      customerId: z.string().optional(),
      traceId: z.string().optional(),
      before: z.unknown().optional(),
      after: z.unknown().optional(),
      detail: z.record(z.string(), z.unknown()),
      hash: z.string(),
    }),
  ),
  next: z.number().int().nullable().describe("value of `after` for the next page; null: this is the last one"),
});

/** State of one thing the service stands on. */
export const apiDependency = z.object({
  name: z.string(),
  state: z.enum(["up", "down", "unknown"]),
  required: z.boolean().describe("whether the service is not ready without it"),
  detail: z.string().nullable(),
  since: at.nullable().describe("from when it has been in this state"),
  checkedAt: at.nullable(),
});

/** Answer of `GET /ready`. */
export const apiReadiness = z.object({ ready: z.boolean(), dependencies: z.array(apiDependency) });
export type ApiReadiness = z.infer<typeof apiReadiness>;
export type ApiDependency = z.infer<typeof apiDependency>;

/** Answer of `GET /api/v1/`. */
export const apiGateway = z.object({
  name: z.literal("rollcall"),
  version: z.string(),
  fleet: z.string(),
  ready: z.boolean(),
  services: z.array(apiDependency).describe("what was found, and how it is"),
  links: z.record(z.string(), z.string()).describe("what is where, paths below the service's address"),
});

/** Answer of `GET /health` and `GET /live`. */
export const apiHealth = z.object({
  status: z.literal("healthy"),
  version: z.string(),
  uptimeSeconds: z.number().nonnegative(),
  ready: z.boolean(),
});
