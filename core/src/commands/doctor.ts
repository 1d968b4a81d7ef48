import { z } from "zod";
import { defineCommand } from "../command.ts";
import { lookAtPath, type PathStep } from "../control-path.ts";
import { timeToken } from "../domain/report.ts";
import { lookAction } from "../fleet-report.ts";
import { listed, unmarked } from "../fleet-words.ts";

const ORDER = ["broken", "unknown", "absent", "whole"] as const;
const MARKS = { broken: "✗", unknown: "❔", absent: "–", whole: "✓" } as const;

export default defineCommand({
  name: "doctor",
  aliases: [],
  kind: "read",
  summary: "Show whether the way from sensor to phone is whole, and what to do where it is not",
  role: "viewer",
  danger: 0,
  input: z.strictObject({}),
  words: [],
  examples: ["doctor"],
  async run(_, { ports }) {
    const path = await lookAtPath(ports);
    const now = ports.clock.now();
    return {
      headline: headlineOf(path),
      context: `${path.map(({ name }) => name).join(" → ")} · as of ${timeToken(now)}`,
      lines: path.toSorted((one, other) => ORDER.indexOf(one.state) - ORDER.indexOf(other.state)).map(lineOf),
      fields: [],
      actions: [lookAction("What fires", "alerts", {}), lookAction("Checks", "diag", {})],
      sameAs: "same as /fleet doctor",
      data: { at: now, path },
    };
  },
});

function headlineOf(path: readonly PathStep[]): string {
  const named = (state: PathStep["state"]): string[] =>
    path.filter((one) => one.state === state).map(({ name }) => name);
  const [broken, unknown, absent] = [named("broken"), named("unknown"), named("absent")];
  if (broken.length > 0) return `🔴 *The way from sensor to phone is broken* — ${listed(broken, 3)}`;
  if (unknown.length > 0) return `❔ *Not known whether the way to the phone is whole* — ${listed(unknown, 3)}`;
  if (absent.length > 0) return `🟡 *The way to the phone is whole as far as it is set up* — not ${listed(absent, 3)}`;
  return "🟢 *The way from sensor to phone is whole*";
}

const lineOf = ({ name, state, words, next }: PathStep): string =>
  `${MARKS[state]} *${name}* ${unmarked(words, 200)}${next === null ? "" : ` → ${unmarked(next, 100)}`}`;
