import { z } from "zod";
import { maintenanceOf, windowWords } from "../brakes/run-maintenance.ts";
import { defineCommand } from "../command.ts";
import { timeToken } from "../domain/report.ts";
import { counted, plain } from "../fleet-words.ts";

/** Of more nobody reads the lines. */
const MOST_LINES = 10;

export default defineCommand({
  name: "maintenance-list",
  aliases: ["mw-list"],
  kind: "read",
  summary: "Show the maintenance windows that are open",
  role: "viewer",
  danger: 0,
  input: z.strictObject({}),
  words: [],
  examples: ["maintenance list"],
  async run(_, { ports }) {
    const windows = await maintenanceOf(ports).open();
    const lines = windows.map((window) => {
      const why = window.reason === null ? "" : `: ${plain(window.reason, 200)}`;
      return `⏸ ${windowWords(window)} · by ${window.by} since ${timeToken(window.startedAt)}${why}`;
    });
    const more = lines.length > MOST_LINES ? [`and ${lines.length - MOST_LINES} more`] : [];
    return {
      headline: windows.length === 0 ? "Nothing is in maintenance" : `⏸ *${counted(windows.length, "window")} open*`,
      context: null,
      lines: [...lines.slice(0, MOST_LINES), ...more],
      ...{ fields: [], actions: [], sameAs: "same as /fleet maintenance list" },
      data: { windows },
    };
  },
});
