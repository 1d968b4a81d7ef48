import { defineCommand } from "../command.ts";
import { Failure } from "../domain/failure.ts";
import { progressOf, progressWords } from "../domain/progress.ts";
import { findUnderWay, operationInput, permitSteering } from "../operation-steering.ts";
import { CONTINUE_OPERATION } from "../operation-wishes.ts";
import { waitUntil } from "../wait-until.ts";

/** It goes on at once; more only if its control service has died and another one takes it over. */
const WAIT = { withinMs: 30_000, everyMs: 100 };

export default defineCommand({
  name: CONTINUE_OPERATION,
  aliases: [],
  kind: "act",
  summary: "Let an operation go on that has stopped, and allow as many more failures",
  role: "operator",
  danger: 2,
  input: operationInput,
  words: ["operation"],
  examples: ["continue op-12"],
  async targets(raw, context) {
    const { operation: id } = operationInput.parse(raw);
    const operation = await findUnderWay(id, context.ports.operations);
    if (operation.state !== "waiting") {
      const how = `${id} has not stopped, it is ${operation.state}: ${progressWords(progressOf(operation))}`;
      throw new Failure("conflict", `${how}. Nothing was done.`, { found: operation.state, allowed: ["waiting"] });
    }
    await permitSteering(operation, context);
    return [];
  },
  // The accepted row is the sign that the executor looks for.
  subjects: (raw) => [operationInput.parse(raw).operation],
  stages: [
    {
      name: "continued",
      async run({ agent: id }, { ports, operation: own }) {
        const goesOn = async () => {
          const operation = await ports.operations.find(id);
          const isStill = operation?.state === "waiting" && isBefore(operation.bulk?.stops.at(-1)?.answered, own.id);
          return operation === null || isStill ? null : operation;
        };
        const { value, failure } = await waitUntil(goesOn, WAIT);
        if (value !== null) return { state: "done", detail: progressWords(progressOf(value)), ending: "done" };
        if (failure !== null) throw failure;
        return { state: "failed", error: `${id} has not gone on in ${WAIT.withinMs / 1000} s`, ending: "failed" };
      },
    },
  ],
});

/** Whether the stop was there before this answer. */
const isBefore = (answered: string | null | undefined, own: string): boolean =>
  answered !== own && Number((answered ?? "op-0").slice(3)) < Number(own.slice(3));
