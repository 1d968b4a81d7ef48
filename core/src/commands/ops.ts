import { z } from "zod";
import { defineCommand } from "../command.ts";
import { timeToken } from "../domain/report.ts";
import { counted } from "../fleet-words.ts";
import { operationLine } from "../operation-report.ts";
import { viewOperation } from "../view-operation.ts";

const input = z.strictObject({});
const MOST = 10;

export default defineCommand({
  name: "ops",
  aliases: [],
  kind: "read",
  summary: "Show what runs, and what ended last",
  role: "viewer",
  danger: 0,
  input,
  words: [],
  examples: ["ops"],
  async run(_, { ports }) {
    const [running, last] = await Promise.all([
      ports.operations.list({ running: true, limit: 200 }),
      ports.operations.list({ running: false, limit: MOST }),
    ]);
    const now = ports.clock.now();
    const shown = running.slice(0, MOST);
    const headline = running.length === 0 ? "Nothing runs" : `⏳ *${counted(running.length, "operation")} under way*`;
    const rest = running.length > shown.length ? [`… and ${running.length - shown.length} more`] : [];
    return {
      headline,
      context: `as of ${timeToken(now)}`,
      lines: [...shown, ...last.slice(0, MOST - shown.length)].map((one) => operationLine(one, now)).concat(rest),
      fields: [],
      actions: shown.slice(0, 3).map(({ id }) => ({
        ...{ label: id, command: "op", input: { id }, danger: false, confirm: null },
      })),
      sameAs: "same as /fleet ops",
      data: { at: now, running: running.map((one) => viewOperation(one, now)) },
    };
  },
});
