import { z } from "zod";
import { defineCommand } from "../command.ts";
import { commandNamed } from "../command-words.ts";
import { explainAgent } from "../explain-agent.ts";
import { explainRights } from "../explain-rights.ts";

const input = z.strictObject({
  about: z.string().min(1).max(200).describe("An agent: what is wrong with it. Or a command: may I"),
  who: z.array(z.string().min(1).max(200)).max(100).default([]).describe("What the command would be about"),
});

export default defineCommand({
  name: "why",
  aliases: [],
  kind: "read",
  summary: "Say what is wrong with an agent, or whether you may run a command, by which rule, and who can",
  role: "viewer",
  danger: 0,
  input,
  words: ["about", "who"],
  examples: ["why billing", "why restart billing", "why stop @content"],
  async run(raw, context) {
    const { about, who } = input.parse(raw);
    const { agents } = await context.ports.registry.expected();
    // An agent may be called like a command; with words behind it the command is meant.
    if (who.length === 0 && agents.some(({ id }) => id === about)) return explainAgent(about, context);
    // Space and hyphen are equal in the name of a command: `why diag run smoke`.
    for (let length = who.length; length >= 0; length -= 1) {
      const name = [about, ...who.slice(0, length)].join("-").toLowerCase();
      const command = commandNamed(name, context.commands);
      if (command !== null) return explainRights({ command, words: who.slice(length) }, context);
    }
    return explainAgent(about, context);
  },
});
