import { z } from "zod";
import { awaitObeyed, FREEZE_SUBJECT, freezeMeant, freezesOf, thawFreeze } from "../brakes/run-freeze.ts";
import { type ActContext, defineCommand } from "../command.ts";

const input = z.strictObject({
  freeze: z
    .string()
    .regex(/^fz-[1-9]\d{0,9}$/, "the id of a freeze: fz-3")
    .optional()
    .describe("Which freeze; the only one, if left out"),
});

export default defineCommand({
  name: "thaw",
  aliases: ["unfreeze"],
  kind: "act",
  summary: "End a freeze: exactly those that it paused and nobody changed since take work again",
  role: "operator",
  danger: 1,
  input,
  words: ["freeze"],
  examples: ["thaw", "thaw fz-3"],
  async targets(raw, context) {
    const freeze = await freezeMeant(input.parse(raw).freeze, context);
    const held = new Set(freeze.members.filter(({ heldSince }) => heldSince !== null).map(({ agent }) => agent));
    const { agents } = await context.ports.registry.expected();
    return agents.filter(({ id }) => held.has(id));
  },
  subjects: () => [FREEZE_SUBJECT],
  stages: [
    {
      name: "thawed",
      async run(_, context) {
        const { freeze } = input.parse(context.operation.input);
        const id = freeze ?? (await onlyFreeze(context));
        // Interrupted before it could be stored, or its time was over meanwhile.
        if (id === null) return { state: "skipped", detail: "nothing is frozen any more", ending: "done" };
        return thawFreeze(id, context);
      },
    },
    {
      name: "at work",
      run: ({ memory }, context) =>
        awaitObeyed(
          String(memory.resumed ?? "")
            .split(",")
            .filter(Boolean),
          "at work",
          context,
        ),
    },
  ],
});

/** @returns null if there is none any more @throws Failure "invalid_input" if there are several by now */
async function onlyFreeze(context: ActContext): Promise<string | null> {
  const active = await freezesOf(context.ports).active();
  return active.length === 0 ? null : (await freezeMeant(undefined, context)).id;
}
