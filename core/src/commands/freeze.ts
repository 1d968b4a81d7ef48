import { z } from "zod";
import { awaitObeyed, FREEZE_SUBJECT, freezeAgents, freezesOf, isExempt } from "../brakes/run-freeze.ts";
import { defineCommand, type ReadContext } from "../command.ts";
import { Failure } from "../domain/failure.ts";
import { listed } from "../fleet-words.ts";
import type { ExpectedAgent } from "../protocol.ts";
import { selectAgents, who } from "../selector.ts";
import { spanField, spanMillis } from "../time-span.ts";

const input = z.strictObject({
  who,
  time: spanField.default("1h").describe("After this time it ends by itself: 30m, 2h"),
});
/** Whoever wants agents off for longer stops them. */
const LONGEST = "24h";

export default defineCommand({
  name: "freeze",
  aliases: [],
  kind: "act",
  summary: "Pause all of them but the exempt at once, and remember who ran; thaw gives back exactly that",
  role: "operator",
  danger: 2,
  input,
  words: ["who", "time"],
  examples: ["freeze archive-writer 30m", "freeze @content", 'freeze all --reason "the broker loses messages"'],
  targets: (raw, context) => frozenBy(input.parse(raw), context),
  subjects: () => [FREEZE_SUBJECT],
  stages: [
    {
      name: "frozen",
      async run(_, context) {
        const wanted = input.parse(context.operation.input);
        return freezeAgents(await frozenBy(wanted, context), spanMillis(wanted.time, LONGEST), context);
      },
    },
    {
      name: "paused",
      async run({ memory }, context) {
        const freeze = (await freezesOf(context.ports).active()).find(({ id }) => id === memory.freeze);
        const held = freeze?.members.filter(({ heldSince }) => heldSince !== null) ?? [];
        return awaitObeyed(
          held.map(({ agent }) => agent),
          "paused",
          context,
        );
      },
    },
  ],
});

async function frozenBy(
  { who: words, time }: z.infer<typeof input>,
  { ports }: Pick<ReadContext, "ports">,
): Promise<readonly ExpectedAgent[]> {
  spanMillis(time, LONGEST);
  const agents = await selectAgents(words, ports, { verb: "Freeze", isChange: true });
  const wanted = agents.filter((agent) => !isExempt(agent));
  if (wanted.length > 0) return wanted;
  throw new Failure("invalid_input", `${listed(agents.map(({ id }) => id))}: exempt from freezes by fleet.yaml`, {
    next: "pause names one agent. Nothing was done.",
  });
}
