import { defineCommand } from "../command.ts";
import { letterInput } from "../dead-letter-input.ts";
import { agentsWithLetters } from "../dead-letter-words.ts";
import { chooseForReplay, replayFirst, replayRest } from "../replay-letters.ts";

export default defineCommand({
  name: "replay",
  aliases: [],
  kind: "act",
  summary: "Hand out dead letters again: one first, the rest if it stays down",
  role: "operator",
  danger: 2,
  input: letterInput,
  words: ["who", "messages"],
  examples: ["replay invoices", "replay invoices 1795142452000-0"],
  targets: (raw, { ports }) => agentsWithLetters({ ...letterInput.parse(raw), verb: "Replay" }, ports),
  stages: [
    { name: "chosen", run: (target, context) => chooseForReplay(target, context) },
    { name: "first", run: (target, context) => replayFirst(target, context) },
    { name: "rest", run: (target, context) => replayRest(target, context) },
  ],
});
