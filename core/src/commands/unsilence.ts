import { z } from "zod";
import { endSilence, silenceMeant } from "../brakes/run-silence.ts";
import { defineCommand } from "../command.ts";
import { agentsOfSilence, SILENCE_ID } from "../domain/asked-silence.ts";

const input = z.strictObject({
  silence: z.string().regex(SILENCE_ID, "the id of a silence: sil-3").describe("Which silence"),
});

export default defineCommand({
  name: "unsilence",
  aliases: [],
  kind: "act",
  summary: "End a silence now; what still fires rings again",
  role: "operator",
  danger: 1,
  input,
  words: ["silence"],
  examples: ["unsilence sil-3"],
  async targets(raw, context) {
    const ids = agentsOfSilence(await silenceMeant(input.parse(raw).silence, context));
    const { agents } = await context.ports.registry.expected();
    return agents.filter(({ id }) => ids.includes(id));
  },
  subjects: (raw) => [input.parse(raw).silence],
  stages: [{ name: "ended", run: (_, context) => endSilence(input.parse(context.operation.input).silence, context) }],
});
