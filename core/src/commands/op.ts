import { z } from "zod";
import { defineCommand } from "../command.ts";
import { Failure } from "../domain/failure.ts";
import { timeToken } from "../domain/report.ts";
import { plain } from "../fleet-words.ts";
import { operationLine, stageLines } from "../operation-report.ts";
import { viewOperation } from "../view-operation.ts";

const input = z.strictObject({ id: z.string().min(1).max(30).describe("Id of the operation: op-481") });

export default defineCommand({
  name: "op",
  aliases: [],
  kind: "read",
  summary: "Show one operation stage by stage",
  role: "viewer",
  danger: 0,
  input,
  words: ["id"],
  examples: ["op op-481"],
  async run(raw, { ports }) {
    const typed = input.parse(raw).id.toLowerCase();
    const id = /^\d+$/.test(typed) ? `op-${typed}` : typed;
    const operation = await ports.operations.find(id);
    if (operation === null)
      throw new Failure("not_found", `There is no operation "${plain(id)}". Try: ops`, { found: plain(id) });
    const now = ports.clock.now();
    const { actor, door, reason, createdAt, approval } = operation;
    const agreed = approval === undefined ? [] : [`approved by ${approval.name} (${approval.requestId})`];
    return {
      headline: operationLine(operation, now),
      context: [`by ${actor.name} at ${door}, ${timeToken(createdAt)}`, ...agreed, `as of ${timeToken(now)}`].join(
        " · ",
      ),
      lines: [...(reason === null ? [] : [`"${plain(reason, 200)}"`]), ...stageLines(operation)],
      fields: [],
      actions: [],
      sameAs: `same as /fleet op ${id}`,
      data: viewOperation(operation, now),
    };
  },
});
