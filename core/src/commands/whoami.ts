import { z } from "zod";
import { defineCommand } from "../command.ts";

export default defineCommand({
  name: "whoami",
  aliases: [],
  kind: "read",
  summary: "Say who you are here, and where your rights come from",
  role: null,
  danger: 0,
  input: z.strictObject({}),
  words: [],
  examples: ["whoami"],
  async run(_, { actor, door, ports }) {
    const mails = ports.directory.byId(actor.id)?.mails ?? [];
    const isStranger = actor.role === null;
    return {
      headline: isStranger ? `*${actor.name}*, no role here` : `*${actor.name}*, ${actor.role} from ${actor.source}`,
      context: `${actor.id}, by ${door}`,
      lines: isStranger
        ? [`Nobody of ${actor.source} is you. An admin can add you there; until then you may use help and whoami.`]
        : [],
      fields: mails.length === 0 ? [] : [{ name: "Mail", value: mails.join(", ") }],
      actions: [],
      sameAs: "same as /fleet whoami",
      data: { ...actor, mails },
    };
  },
});
