import { Failure } from "@rollcall/core/domain/failure.ts";
import type { Stretch } from "@rollcall/core/figures-contract.ts";
import type { Course } from "@rollcall/core/ports/figures.ts";
import { spanField, spanMillis } from "@rollcall/core/time-span.ts";
import { z } from "zod";

const LONGEST = "31d";
/** Prometheus measures every 5 s; more points than pixels of a chart say nothing more. */
const LEAST_STEP_SECONDS = 5;
const MOST_POINTS = 500;
const USUAL_POINTS = 60;
const MINUTE_MS = 60_000;
const MOST_MINUTES = spanMillis(LONGEST, LONGEST) / MINUTE_MS;

const moment = z
  .string()
  .regex(/^\d{12,14}$/, "milliseconds since the epoch")
  .transform(Number)
  .optional();

/** Which time figures are asked for. */
export const stretchQuery = {
  range: spanField.optional().describe(`how far back, ${LONGEST} at most: 5m, 36h, 7d; instead of \`from\``),
  from: moment.describe("milliseconds since the epoch; instead of `range`"),
  to: moment.describe("milliseconds since the epoch; now if not said, or not yet"),
};
export const stepQuery = z
  .string()
  .regex(/^\d{1,6}$/, "a whole number of seconds")
  .optional()
  .describe(`seconds between two points; a ${USUAL_POINTS}th of the time if not said`);

interface AskedStretch {
  readonly range?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/**
 * @param usual how far back if nothing is said
 * @returns a stretch of whole minutes, so that those who look at the same share one answer
 * @throws Failure "invalid_input" if it is none, or too long
 */
export function stretchOf({ range, from, to }: AskedStretch, now: number, usual = "1h"): Stretch {
  const end = to === undefined || to >= now ? null : to;
  if (from === undefined) return { rangeSeconds: spanMillis(range ?? usual, LONGEST) / 1000, to: end };
  const ms = (end ?? now) - from;
  if (range !== undefined) throw oddStretch("range and from are two beginnings", range);
  if (ms <= 0) throw oddStretch("from does not lie before the end", String(from));
  const minutes = Math.ceil(ms / MINUTE_MS);
  if (minutes > MOST_MINUTES) throw oddStretch(`from lies more than ${LONGEST} before the end`, String(from));
  return { rangeSeconds: minutes * 60, to: end };
}

const oddStretch = (words: string, found: string): Failure =>
  new Failure("invalid_input", words, {
    found,
    allowed: ["range, with or without to", "from, with or without a later to"],
  });

/** @throws Failure "invalid_input" if there would be too many points */
export function courseOf(stretch: Stretch, text: string | undefined): Course {
  const { rangeSeconds } = stretch;
  const least = Math.max(LEAST_STEP_SECONDS, Math.ceil(rangeSeconds / MOST_POINTS));
  const stepSeconds = text === undefined ? Math.max(least, Math.ceil(rangeSeconds / USUAL_POINTS)) : Number(text);
  if (stepSeconds >= least && stepSeconds <= rangeSeconds) return { ...stretch, stepSeconds };
  throw new Failure("invalid_input", `a step of ${stepSeconds} s does not fit ${rangeSeconds} s`, {
    found: String(stepSeconds),
    allowed: [`${least} to ${rangeSeconds} seconds`],
  });
}
