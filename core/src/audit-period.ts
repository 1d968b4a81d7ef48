import { z } from "zod";
import { Failure } from "./domain/failure.ts";

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const LONGEST_DAYS = 3650;

/** How far back: `30m`, `12h`, `7d`. */
export const periodField = z
  .string()
  .regex(/^[1-9]\d{0,4}[mhd]$/, "a number and m, h or d: 30m, 12h, 7d")
  .describe("How far back: 30m, 12h, 7d");

/** Whether a word is meant as a period and not as a name. */
export const isPeriod = (word: string): boolean => /^\d+[mhd]$/.test(word);

const UNIT_WORDS = { m: "minute", h: "hour", d: "day" } as const;

/** "7 days" of `7d`; with "in the last" before it, one of something has no number: "day". */
export function periodWords(period: string): string {
  const count = Number(period.slice(0, -1));
  const unit = UNIT_WORDS[period.slice(-1) as keyof typeof UNIT_WORDS];
  return count === 1 ? unit : `${count} ${unit}s`;
}

/** Where a period begins. @param now milliseconds since the epoch @throws Failure "invalid_input" beyond ten years */
export function beginOf(period: string, now: number): number {
  const ms = Number(period.slice(0, -1)) * UNIT_MS[period.slice(-1) as keyof typeof UNIT_MS];
  if (ms <= LONGEST_DAYS * UNIT_MS.d) return now - ms;
  throw new Failure("invalid_input", "that is too far back", { found: period, allowed: [`at most ${LONGEST_DAYS}d`] });
}
