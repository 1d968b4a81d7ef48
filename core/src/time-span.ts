import { z } from "zod";
import { Failure } from "./domain/failure.ts";

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** How long something lasts from now on, as it is typed: `45m`, `2h`, `3d`. */
export const spanField = z.string().regex(/^[1-9]\d{0,3}[mhd]$/, "a number and m, h or d: 45m, 2h, 3d");

/**
 * Milliseconds of a span.
 * @param most the longest that is allowed
 * @throws Failure "invalid_input" beyond it
 */
export function spanMillis(span: string, most: string): number {
  const ms = millisOf(span);
  if (ms <= millisOf(most)) return ms;
  const detail = { found: span, allowed: [`at most ${most}`], next: "Nothing was done." };
  throw new Failure("invalid_input", `${span} is too long; at most ${most} is allowed`, detail);
}

const millisOf = (span: string): number => Number(span.slice(0, -1)) * UNIT_MS[span.slice(-1) as keyof typeof UNIT_MS];
