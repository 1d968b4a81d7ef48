import { defineCommand } from "../command.ts";
import { Failure } from "../domain/failure.ts";
import { isEnded } from "../domain/operation.ts";
import { progressOf, progressWords } from "../domain/progress.ts";
import { findUnderWay, operationInput, permitSteering } from "../operation-steering.ts";
import { CANCEL_OPERATION } from "../operation-wishes.ts";
import { waitUntil } from "../wait-until.ts";

/** What is begun is brought to its end first: an agent is stopped, started and proven within this time. */
const WAIT = { withinMs: 120_000, everyMs: 250 };

export default defineCommand({
  name: CANCEL_OPERATION,
  aliases: ["abort"],
  kind: "act",
  summary: "Stop an operation where it stands, and say where",
  role: "operator",
  danger: 1,
  input: operationInput,
  words: ["operation"],
  examples: ["cancel op-12"],
  async targets(raw, context) {
    const { operation: id } = operationInput.parse(raw);
    const operation = await findUnderWay(id, context.ports.operations);
    if (operation.actor.id !== context.actor.id) await permitSteering(operation, context);
    const wishes = await context.ports.operations.list({ agent: id, running: true, limit: 1 });
    const earlier = wishes.find(({ command }) => command === CANCEL_OPERATION);
    if (earlier === undefined) return [];
    const by = `${id} is being cancelled already by ${earlier.actor.name} (${earlier.id})`;
    throw new Failure("conflict", `${by}. Nothing more is begun.`, { found: earlier.id });
  },
  // The accepted row is the sign that the executor looks for.
  subjects: (raw) => [operationInput.parse(raw).operation],
  stages: [
    {
      name: "cancelled",
      async run({ agent: id }, { ports }) {
        const ended = async () => {
          const operation = await ports.operations.find(id);
          return operation !== null && isEnded(operation) ? operation : null;
        };
        const { value, failure } = await waitUntil(ended, WAIT);
        if (value !== null) return { state: "done", detail: progressWords(progressOf(value)), ending: "done" };
        if (failure !== null) throw failure;
        return {
          ...{ state: "failed", ending: "failed" },
          error: `${id} begins nothing more, but what it had begun has not ended in ${WAIT.withinMs / 1000} s`,
        };
      },
    },
  ],
});
