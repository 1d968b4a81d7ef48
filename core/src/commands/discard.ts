import { defineCommand } from "../command.ts";
import { letterInput } from "../dead-letter-input.ts";
import { agentsWithLetters, chooseLetters, lettersOf } from "../dead-letter-words.ts";
import { Failure } from "../domain/failure.ts";

export default defineCommand({
  name: "discard",
  aliases: [],
  kind: "act",
  summary: "Lose dead letters for good",
  role: "admin",
  danger: 3,
  input: letterInput,
  words: ["who", "messages"],
  examples: ["discard invoices 1795142452000-0"],
  async targets(raw, { ports }) {
    const { who, messages } = letterInput.parse(raw);
    if (messages.length === 0) {
      throw new Failure(
        "invalid_input",
        "Discard which? Name each, like discard invoices 1795142452000-0. Nothing was done.",
      );
    }
    return agentsWithLetters({ who, messages, verb: "Discard" }, ports);
  },
  async findOut({ agent }, { ports, operation }) {
    const { messages } = letterInput.parse(operation.input);
    const { agents } = await ports.registry.expected();
    const mine = agents.filter(({ id }) => id === agent);
    const left = chooseLetters((await lettersOf(ports, mine)).letters, messages).length;
    return left === 0
      ? { state: "done", ending: "done", detail: "none of them is there any more" }
      : {
          state: "failed",
          ending: "failed",
          error: left === 1 ? "one of them is still there" : `${left} of them are still there`,
        };
  },
  stages: [
    {
      name: "discarded",
      async run({ agent }, { ports, operation }) {
        const { messages } = letterInput.parse(operation.input);
        const { agents } = await ports.registry.expected();
        const { letters } = await lettersOf(
          ports,
          agents.filter(({ id }) => id === agent),
        );
        const byTopic = Map.groupBy(chooseLetters(letters, messages), ({ topic }) => topic);
        for (const [topic, some] of byTopic)
          await ports.events.discard(
            topic,
            some.map(({ id }) => id),
          );
        return { state: "done", ending: "done" };
      },
    },
  ],
});
