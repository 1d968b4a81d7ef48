import { z } from "zod";
import type { ReadContext } from "./command.ts";
import { Failure } from "./domain/failure.ts";
import { isEnded, type Operation } from "./domain/operation.ts";
import { progressOf, progressWords } from "./domain/progress.ts";
import { decide, rightsOf } from "./policy.ts";
import type { Operations } from "./ports/operations.ts";

/** Input of a command that is about an operation under way. */
export const operationInput = z.strictObject({
  operation: z
    .string()
    .regex(/^op-[1-9]\d{0,17}$/, "the id of an operation, like op-12")
    .describe("Operation, like op-12"),
});

/** @throws Failure "not_found" if there is none, "conflict" if it has ended */
export async function findUnderWay(id: string, operations: Operations): Promise<Operation> {
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
