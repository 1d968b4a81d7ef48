import { z } from "zod";
import { defineCommand } from "../command.ts";
import { LOG_LEVELS } from "../domain/log-line.ts";
import { lastLines } from "../last-lines.ts";
import { spanField } from "../time-span.ts";

const input = z.strictObject({
  id: z.string().min(1).max(200).describe("Id of the agent, @group, or name of a service"),
  text: z.string().max(500).optional().describe("Words that stand in the line"),
  since: spanField.optional().describe("How far back, 31d at most: 30m, 2h, 1d; whatever their age if left out"),
  level: z.enum(LOG_LEVELS).optional().describe("This one and worse"),
  page: z.number().int().min(1).max(50).default(1).describe("Page of 100 lines, newest first"),
});

export default defineCommand({
  name: "logs",
  aliases: ["log"],
  kind: "read",
  summary: "Show the last lines of an agent or a service, as a file",
  role: "viewer",
  danger: 0,
  input,
  words: ["id", "text"],
  examples: ["logs billing", "logs billing cannot read --since 2h", "logs @orders --level warn"],
  run: async (raw, { ports }) => await lastLines(input.parse(raw), ports),
});
