import { isDeepStrictEqual } from "node:util";
import { apiAsked, apiRequest } from "@rollcall/core/approval-contract.ts";
import type { CommandDefinition } from "@rollcall/core/command.ts";
import { apiAnswer, apiCommand, apiCommands, commandRequest, idempotencyKey } from "@rollcall/core/contract.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import type { Operation } from "@rollcall/core/domain/operation.ts";
import { wordsToType } from "@rollcall/core/domain/plan.ts";
import { pictureWords, type Report } from "@rollcall/core/domain/report.ts";
import { apiAccepted } from "@rollcall/core/operation-contract.ts";
import { apiPlanned } from "@rollcall/core/plan-contract.ts";
import { planLines, planTitle, validLine } from "@rollcall/core/plan-words.ts";
import { decide, rightsOf } from "@rollcall/core/policy.ts";
import type { CommandAnswer, CommandRequest } from "@rollcall/core/run-command.ts";
import { viewOperation } from "@rollcall/core/view-operation.ts";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { auditRefusal } from "./audit-refusal.ts";
import { type Caller, callerOf, requireScope } from "./authentication.ts";
import type { App, AppDeps } from "./deps.ts";
import { noQuery } from "./query.ts";

const params = z.strictObject({ name: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, "a-z, 0-9 and -") });

/** The catalogue, and the one way to run what it lists. */
export function registerCommands(api: App, deps: AppDeps): void {
  const catalogue = deps.commands.map((command) => ({ command, described: describeCommand(command) }));
  const list = {
    tags: ["commands"],
    summary: "Every command with its role, its input and examples, and whether you may ask for it",
    querystring: noQuery,
    response: { 200: apiCommands },
  };
  api.get("/commands", { schema: list }, async (request) => {
    const caller = callerOf(request);
    requireScope(caller, "read");
    const rights = rightsOf(deps.ports);
    const offered = catalogue.map(({ command, described }) => {
      const { allowed, why } = decide({ actor: caller.actor, command, ...rights, scope: null });
      return { ...described, mayAsk: allowed, whyNot: allowed ? null : why };
    });
    return { commands: offered };
  });

  const run = {
    tags: ["commands"],
    summary: "Run a command: a read is answered at once, an act is accepted and goes on by itself",
    description:
      "A command of kind act needs the header Idempotency-Key; the same key again changes nothing. What is risky or about many agents is answered with a plan, and done once that is confirmed by its token.",
    params,
    querystring: noQuery,
    body: commandRequest,
    response: {
      200: z
        .union([apiAnswer, apiPlanned, apiAccepted])
        .describe("answer of a read, a plan (nothing was done), or an operation accepted before"),
      202: z.union([apiAccepted, apiAsked]).describe("accepted, or waiting for a second person"),
    },
  };
  api.post("/commands/:name", { schema: run }, async (request, reply) => {
    const caller = callerOf(request);
    const { name } = request.params;
    const definition = find(deps.commands, name);
    await admit(deps, request, { caller, definition });
    const answer = await deps.run(wishOf(request, caller, definition));
    const shown = showAnswer(answer, { definition, body: request.body, now: deps.ports.clock.now() });
    if (shown.location !== undefined) void reply.header("location", shown.location);
    return reply.code(shown.status).send(shown.body as never);
  });
}

type Body = z.infer<typeof commandRequest>;

const wishOf = (
  request: FastifyRequest<{ Body: Body; Params: z.infer<typeof params> }>,
  { actor, door, ...caller }: Caller,
  definition: CommandDefinition | undefined,
): CommandRequest => {
  const { input, reason = null, force, dryRun, confirm = null } = request.body;
  const idempotencyKey = dryRun ? null : keyOf(request, { actor, door, ...caller }, definition);
  const asked = { command: request.params.name, input, actor, door, reason, force, dryRun, confirm };
  return { ...asked, requestId: request.id, idempotencyKey, incidentId: request.body.incident ?? null };
};

interface Shown {
  readonly status: 200 | 202;
  readonly body: unknown;
  readonly location?: string;
}

function showAnswer(
  answer: CommandAnswer,
  { definition, body, now }: { definition: CommandDefinition | undefined; body: Body; now: number },
): Shown {
  if (answer.kind === "read") return { status: 200, body: { report: shownReport(answer.report), data: answer.data } };
  if (answer.kind === "plan") return { status: 200, body: apiPlanned.parse({ ...answer, words: wordsOf(answer) }) };
  const { repeated } = answer;
  const became = answer.kind === "request" ? answer.request : answer.operation;
  // A confirmation says by its token what it is about.
  if (repeated && body.confirm === undefined) refuseOtherWish(became, definition, body.input);
  if (answer.kind === "request") return { status: 202, body: { request: apiRequest.parse(answer.request), repeated } };
  const location = `/api/v1/operations/${answer.operation.id}`;
  return {
    status: repeated ? 200 : 202,
    body: { operation: viewOperation(answer.operation, now), repeated },
    location,
  };
}

const shownReport = ({ picture, ...report }: Report) => ({
  ...report,
  ...(picture && { picture: { path: picture.path, words: pictureWords(picture.chart) } }),
});

const wordsOf = ({ plan, confirm }: CommandAnswer & { kind: "plan" }) => ({
  title: planTitle(plan),
  lines: planLines(plan),
  valid: confirm === null ? null : validLine({ plan, expiresAt: confirm.expiresAt }),
  typed: wordsToType(plan),
});

const find = (commands: readonly CommandDefinition[], name: string): CommandDefinition | undefined =>
  commands.find((command) => command.name === name || command.aliases.includes(name));

export const describeCommand = (command: CommandDefinition): z.infer<typeof apiCommand> =>
  apiCommand.parse({
    name: command.name,
    aliases: [...command.aliases],
    summary: command.summary,
    role: command.role,
    kind: command.kind,
    danger: command.danger,
    input: z.toJSONSchema(command.input, { io: "input", unrepresentable: "any" }),
    examples: [...command.examples],
  });

/** A token's scope is the door's own rule, so the door audits it; roles are the command path's. */
async function admit(
  deps: AppDeps,
  request: FastifyRequest,
  { caller, definition }: { caller: Caller; definition: CommandDefinition | undefined },
): Promise<void> {
  try {
    requireScope(caller, definition?.kind ?? "read");
  } catch (error) {
    await auditRefusal(deps, request, error);
    throw error;
  }
}

/** The key as stored: each person has their own, so that nobody is answered with another's operation. */
function keyOf(request: FastifyRequest, caller: Caller, definition: CommandDefinition | undefined): string | null {
  if (definition?.kind !== "act") return null;
  const sent = request.headers["idempotency-key"];
  if (sent === undefined) {
    throw new Failure("invalid_input", `${definition.name} changes something, so it needs the header Idempotency-Key`, {
      next: "Send a new random value per wish, and the same value when you repeat the request.",
    });
  }
  const key = idempotencyKey.safeParse(sent);
  if (!key.success) {
    throw new Failure("invalid_input", "the header Idempotency-Key is not of the form it needs", {
      found: String(sent).slice(0, 200),
      allowed: ["8 to 200 visible ASCII characters"],
    });
  }
  return `http:${caller.actor.id}:${key.data}`;
}

/** The same key for something else is a mistake of the client, not a repeat. */
function refuseOtherWish(
  operation: Pick<Operation, "id" | "command" | "input">,
  definition: CommandDefinition | undefined,
  input: unknown,
): void {
  const parsed = definition?.input.safeParse(input);
  const same = operation.command === definition?.name && isDeepStrictEqual(plain(parsed?.data), plain(operation.input));
  if (same) return;
  throw new Failure("conflict", "this Idempotency-Key was used for another request", {
    found: `${operation.id}: ${operation.command}`,
    next: "Send a new key. Nothing was done.",
  });
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));
