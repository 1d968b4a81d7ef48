import { acceptCommand, checkWish, findEarlier } from "./accept-command.ts";
import type { BrakeLimits } from "./brakes/brake-limits.ts";
import type { ActCommand, CommandDefinition, Ports, ReadContext } from "./command.ts";
import { commandNamed, refuseUnknownCommand } from "./command-words.ts";
import type { Actor, Door } from "./domain/actor.ts";
import type { ApprovalRequest } from "./domain/approval.ts";
import { Failure } from "./domain/failure.ts";
import type { Operation } from "./domain/operation.ts";
import type { Plan } from "./domain/plan.ts";
import type { Report } from "./domain/report.ts";
import type { CommandLimits } from "./limit-commands.ts";
import { parseInput } from "./parse-input.ts";
import { permit } from "./permit.ts";
import { answerWithPlan, confirmPlan } from "./plan-first.ts";
import { mayAsk, rightsOf } from "./policy.ts";
import type { CommandStore } from "./ports/command-store.ts";
import { type Act, takeAim } from "./take-aim.ts";

/** One wish of somebody, as a door hands it to the one command path. */
export interface CommandRequest {
  /** Name or alias, as it was typed. */
  readonly command: string;
  readonly input: unknown;
  readonly actor: Actor;
  readonly door: Door;
  /** At most 200 characters. */
  readonly reason: string | null;
  readonly requestId: string;
  /** Unique per wish, with the actor in it; only a `read` may go without. */
  readonly idempotencyKey: string | null;
  /** Card that it was started from. */
  readonly incidentId: string | null;
  /** Past the graceful order over the bus, and past a brake if a second person agrees; needs a reason. */
  readonly force?: boolean;
  /** Only shows the plan: what it would do. */
  readonly dryRun?: boolean;
  /** Told what a command that only looks knows before its answer is whole; left out where nobody waits for it. */
  readonly tell?: (soFar: Report) => void;
  /** Token of the plan that is confirmed; its input is the plan's. */
  readonly confirm?: string | null;
}

/** What the command path works with. */
export interface Engine {
  readonly commands: readonly CommandDefinition[];
  readonly ports: Ports;
  readonly store: CommandStore;
  /** How often a person may; no limit if left out. */
  readonly limits?: CommandLimits;
  /** What may be restarted and stopped before a brake closes; no brake if left out. */
  readonly brakes?: BrakeLimits;
  /** Told when a refusal could not be audited; the refusal stands. */
  readonly onProblem?: (problem: string, cause: unknown) => void;
}

/** What became of it: an answer at once, or an accepted operation. */
export type CommandAnswer =
  | { readonly kind: "read"; readonly report: Report; readonly data: unknown }
  | { readonly kind: "act"; readonly operation: Operation; readonly repeated: boolean }
  /** Nothing is done yet: it waits for a second person. */
  | { readonly kind: "request"; readonly request: ApprovalRequest; readonly repeated: boolean }
  | PlanAnswer;

/** Nothing is done: this is what would be. */
export interface PlanAnswer {
  readonly kind: "plan";
  readonly plan: Plan;
  /** What confirms it, once, and until when (ms since the epoch); null if it was only to be shown. */
  readonly confirm: { readonly token: string; readonly expiresAt: number } | null;
  /** Why it comes in place of the plan that was confirmed: "Plan changed: …"; null otherwise. */
  readonly changed: string | null;
}

/**
 * The one path of every command, behind every door: authorise → show a plan where one is due → audit → accept or answer. No
 * audit row: nothing runs.
 * @throws Failure "unknown_command", "invalid_input", "forbidden", "conflict", "expired", "too_many_requests", "unavailable", and what the command itself throws
 */
export async function runCommand(request: CommandRequest, engine: Engine): Promise<CommandAnswer> {
  const command = findCommand(request, engine);
  // Before anything is written: refusals are audited, so they have a limit too.
  await engine.limits?.admit(request, command);
  // The role comes first: who may not run a command learns nothing about its input or its agents.
  await permit(request, engine, { command, scope: null });
  const context: ReadContext = {
    ports: engine.ports,
    actor: request.actor,
    door: request.door,
    commands: engine.commands,
    requestId: request.requestId,
    ...(request.tell && { tell: request.tell }),
  };
  const token = request.confirm ?? null;
  if (token !== null) {
    if (command.kind === "act") return await confirmPlan(request, engine, { command, context, token });
    throw new Failure("invalid_input", `${command.name} only looks, so there is nothing to confirm`);
  }
  const input = parseInput(command, request.input);
  if (command.kind === "act") return accept(withReason(request, command, input), engine, { command, input, context });
  const { data, ...report } = await command.run(input, context);
  return { kind: "read", report, data };
}

/** @throws Failure "unknown_command" with the nearest names that the actor may use in `detail.allowed` */
function findCommand({ command: asked, actor }: CommandRequest, { commands, ports }: Engine): CommandDefinition {
  const open = (command: CommandDefinition): boolean => mayAsk({ actor, command, ...rightsOf(ports) });
  return commandNamed(asked, commands) ?? refuseUnknownCommand(asked, commands.filter(open));
}

/** Commands whose own words say why need no second reason. */
const withReason = (request: CommandRequest, command: ActCommand, input: Record<string, unknown>): CommandRequest => ({
  ...request,
  reason: request.reason ?? command.reason?.(input) ?? null,
});

async function accept(request: CommandRequest, engine: Engine, act: Act): Promise<CommandAnswer> {
  if (request.dryRun === true) return await showOnly(request, engine, act);
  const idempotencyKey = checkWish(request, act.command);
  const earlier = await findEarlier(idempotencyKey, engine);
  if (earlier !== null) return earlier;
  const aimed = await takeAim(request, engine, { act, isConfirmed: false });
  if (aimed.isPlanned) return await answerWithPlan(request, engine, { act, aimed });
  return await acceptCommand({ request, ...act, ...aimed, idempotencyKey }, engine);
}

async function showOnly(request: CommandRequest, engine: Engine, act: Act): Promise<CommandAnswer> {
  const aimed = await takeAim(request, engine, { act, isConfirmed: false });
  return await answerWithPlan(request, engine, { act, aimed });
}
