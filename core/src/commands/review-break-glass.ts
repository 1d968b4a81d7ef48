import { z } from "zod";
import { defineCommand, type ReadContext } from "../command.ts";
import { auditEntry } from "../domain/audit.ts";
import { Failure } from "../domain/failure.ts";
import { listed } from "../fleet-words.ts";
import type { BreakGlassUse } from "../ports/break-glass.ts";

const input = z.strictObject({
  use: z
    .string()
    .regex(/^bg-[1-9]\d{0,14}$/, "the id of a use, like bg-3")
    .describe("Use of break-glass, like bg-3"),
  text: z.string().trim().min(3).max(200).describe("What you found"),
});

export default defineCommand({
  name: "review-break-glass",
  aliases: [],
  kind: "act",
  summary: "Close the review of what somebody on the host did past the usual path",
  role: "admin",
  danger: 1,
  input,
  words: ["use", "text"],
  examples: ["review-break-glass bg-3 PostgreSQL was away, the restart was right"],
  reason: (raw) => input.parse(raw).text,
  subjects: (raw) => [input.parse(raw).use],
  async targets(raw, context) {
    const use = await findUse(input.parse(raw).use, context);
    if (use.reviewedBy === null) return [];
    throw new Failure("conflict", `${use.id} was reviewed by ${use.reviewedBy} already`, { next: "Nothing was done." });
  },
  stages: [
    {
      name: "reviewed",
      async run({ agent: id }, { ports, operation }) {
        const { text } = input.parse(operation.input);
        const { actor, door, command, requestId } = operation;
        const audit = auditEntry({
          ...{ event: "break-glass", action: "reviewed", actor: actor.id, door, command, targets: [id], reason: text },
          ...{ decision: "allowed", requestId, operationId: operation.id, detail: { role: actor.role } },
        });
        const isFirst = (await ports.breakGlass?.review(id, { by: actor.name, text }, audit)) ?? false;
        return { state: "done", ending: "done", ...(isFirst ? {} : { detail: "it was reviewed before" }) };
      },
    },
  ],
});

async function findUse(id: string, { ports }: ReadContext): Promise<BreakGlassUse> {
  const use = (await ports.breakGlass?.find(id)) ?? null;
  if (use !== null) return use;
  const open = ((await ports.breakGlass?.unreviewed()) ?? []).map((one) => one.id);
  const hint = open.length === 0 ? "None waits for a review." : `Waiting: ${listed(open)}.`;
  throw new Failure("not_found", `There is no ${id}. ${hint} Nothing was done.`, { found: id, allowed: open });
}
