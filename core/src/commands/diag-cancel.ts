import { z } from "zod";
import { defineCommand } from "../command.ts";
import { CANCEL_COMMAND } from "../diagnostic-cancel.ts";
import { countsOf, DIAGNOSTICS_COMMAND, toRun } from "../diagnostic-run.ts";
import { Failure } from "../domain/failure.ts";
import { isEnded } from "../domain/operation.ts";
import type { Operations } from "../ports/operations.ts";
import { waitUntil } from "../wait-until.ts";

const input = z.strictObject({
  run: z
    .string()
    .regex(/^op-\d{1,15}$/, "the id of a run, like op-12")
    .describe("Run of diagnostics, like op-12"),
});

/** A run ends at once; more only if its control service has died and another takes it over. */
const WAIT = { withinMs: 30_000, everyMs: 250 };

export default defineCommand({
  name: CANCEL_COMMAND,
  aliases: [],
  kind: "act",
  summary: "Stop a run of diagnostics where it stands",
  role: "operator",
  danger: 1,
  input,
  words: ["run"],
  examples: ["diag cancel op-12"],
  async targets(raw, { ports: { operations } }) {
    const { run: id } = input.parse(raw);
    const operation = await operations.find(id);
    if (operation?.command !== DIAGNOSTICS_COMMAND) throw await noSuchRun(id, operations);
    if (!isEnded(operation)) return [];
    const found = toRun(operation);
    throw new Failure("conflict", `${id} has ended already: ${countsOf(found)}. Nothing was done.`, {
      found: found.state,
    });
  },
  subjects: (raw) => [input.parse(raw).run],
  stages: [
    {
      name: "cancelled",
      async run({ agent: id }, { ports }) {
        const ended = async () => {
          const operation = await ports.operations.find(id);
          return operation !== null && isEnded(operation) ? operation : null;
        };
        const { value, failure } = await waitUntil(ended, WAIT);
        if (value !== null) return { state: "done", detail: countsOf(toRun(value)), ending: "done" };
        if (failure !== null) throw failure;
        return { state: "failed", error: `${id} has not stopped within ${WAIT.withinMs / 1000} s`, ending: "failed" };
      },
    },
  ],
});

async function noSuchRun(id: string, operations: Operations): Promise<Failure> {
  const running = (await operations.list({ command: DIAGNOSTICS_COMMAND, running: true, limit: 3 })).map(
    (one) => one.id,
  );
  const hint = running.length === 0 ? "None is under way." : `Under way: ${running.join(", ")}.`;
  return new Failure("not_found", `There is no run ${id}. ${hint} Nothing was done.`, { found: id, allowed: running });
}
