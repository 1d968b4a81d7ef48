import { type Logger, LogLevel } from "@slack/bolt";
import type { SlackLog } from "./settings.ts";

/** Bolt's words go to our log as one field; they hold request bodies at the level debug, which is left out. */
export const boltLogger = (log: SlackLog): Logger => ({
  debug: () => {},
  info: () => {},
  warn: (...words) => log.warn({ bolt: describe(words) }, "Bolt warns"),
  error: (...words) => log.error({ bolt: describe(words) }, "Bolt fails"),
  setLevel: () => {},
  getLevel: () => LogLevel.WARN,
  setName: () => {},
});

const describe = (words: readonly unknown[]): string =>
  words
    .map((word) => (word instanceof Error ? word.message : String(word)))
    .join(" ")
    .slice(0, 500);
