import { hrefOf } from "./place.ts";

/** What led to something, and what it left behind. */
const BEFORE_MS = 5 * 60_000;
const AFTER_MS = 60_000;

/** The lines of some agents about the time of something. @param to ms since the epoch; null: it goes on */
export const logsAround = (agents: readonly string[], from: number, to: number | null): string =>
  hrefOf("logs", {
    agent: agents.join(" "),
    from: String(Math.round(from - BEFORE_MS)),
    to: to === null ? "now" : String(Math.round(to + AFTER_MS)),
  });
