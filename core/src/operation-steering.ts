import { z } from "zod";
import type { ReadContext } from "./command.ts";
import { Failure } from "./domain/failure.ts";
import { isEnded, type Operation } from "./domain/operation.ts";
import { progressOf, progressWords } from "./domain/progress.ts";
import { decide, rightsOf } from "./policy.ts";
import type { Operations } from "./ports/operations.ts";

/** Input of a command that is about an operation under way. */
export const operationInput = z.strictObject({
  // Whoever names an agent instead is told which operation it is in.
  operation: z.string().min(1).max(200).describe("Operation, like op-12"),
});

const OPERATION_ID = /^op-[1-9]\d{0,17}$/;

/** @throws Failure "invalid_input" if it is no id of an operation, "not_found" if there is none, "conflict" if it has ended */
export async function findUnderWay(id: string, operations: Operations): Promise<Operation> {
  if (!OPERATION_ID.test(id)) throw await notAnOperation(id, operations);
  const operation = await operations.find(id);
  if (operation === null) throw await noSuchOperation(id, operations);
  if (!isEnded(operation)) return operation;
  const ending = operation.ending ?? "unknown";
  throw new Failure("conflict", `${id} has ended already: ${endWords(operation)}. Nothing was done.`, {
    found: ending,
  });
}

const endWords = ({ ending, error, targets, state }: Operation): string =>
  ending === "cancelled" && error !== null
    ? error
    : [ending, targets.length > 1 && progressWords(progressOf({ targets, state }))].filter(Boolean).join(", ");

/** A change never runs on a guess, so an agent's name only leads to the operation that it is in. */
async function notAnOperation(name: string, operations: Operations): Promise<Failure> {
  const running = await operations.list({ agent: name, running: true, limit: 3 });
  const ids = running.map(({ id }) => id);
  const found = running.map(({ id, command, actor }) => `${id} (${command} by ${actor.name})`).join(", ");
  const message =
    ids.length === 0 ? `"${name}" is no operation, and none of that agent is under way` : `${name} is in ${found}`;
  const next =
    ids.length === 0 ? "`ops` lists what runs. Nothing was done." : `Name it as ${ids.join(" or ")}. Nothing was done.`;
  return new Failure("invalid_input", message, { found: name, allowed: ids, next });
}

async function noSuchOperation(id: string, operations: Operations): Promise<Failure> {
  const running = (await operations.list({ running: true, limit: 3 })).map((one) => one.id);
  const hint = running.length === 0 ? "None is under way." : `Under way: ${running.join(", ")}.`;
  return new Failure("not_found", `There is no operation ${id}. ${hint} Nothing was done.`, {
    found: id,
    allowed: running,
  });
}

/**
 * Whoever might run the operation's command on its agents themselves may say how it goes on.
 * @throws Failure "forbidden" with the rule that says no
 */
export async function permitSteering(operation: Operation, context: ReadContext): Promise<void> {
  const { ports, actor, commands } = context;
  const command = commands.find(({ name }) => name === operation.command);
  if (command === undefined) {
    throw new Failure("conflict", `this version does not know the command ${operation.command} of ${operation.id}`);
  }
  const ids = operation.targets.map(({ agent }) => agent);
  const { agents } = await ports.registry.expected();
  const scope = {
    ...{ targets: agents.filter(({ id }) => ids.includes(id)), fleetSize: agents.length },
    ...{ secondPerson: null, isAccepted: true },
  };
  const decision = decide({ actor, command, ...rightsOf(ports), scope });
  if (decision.allowed) return;
  throw new Failure(
    "forbidden",
    `${operation.id} is ${operation.command} by ${operation.actor.name}: ${decision.why}`,
    {
      rule: decision.rule,
      allowed: decision.whoCan,
      next: "Nothing was done.",
    },
  );
}
