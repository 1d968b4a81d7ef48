import { z } from "zod";
import { wallTime } from "./domain/due-time.ts";
import { Failure } from "./domain/failure.ts";
import { spanMillis } from "./time-span.ts";

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
/** A day on which clocks go back has an hour more. */
const LONGEST_DAY_MINUTES = DAY_MINUTES + 60;

/** How long something lasts, as it is typed: `45m`, `2h`, or `until 08:30` by the clock of the people on call. */
export const untilField = z
  .string()
  .regex(/^([1-9]\d{0,3}[mh]|until ([01]?\d|2[0-3]):[0-5]\d)$/, "30m, 4h, or until 08:30");

/**
 * When it ends, ms since the epoch.
 * @param from what a span counts from; a time of day is the first one after it
 * @param zone IANA name of the time zone of the people on call
 * @throws Failure "invalid_input" beyond a day
 */
export function untilMoment(time: string, { from, zone }: { from: number; zone: string }): number {
  if (!time.startsWith("until ")) return from + spanMillis(time, "24h");
  const [hour = 0, minute = 0] = time.slice("until ".length).split(":").map(Number);
  const first = from - (from % MINUTE_MS) + MINUTE_MS;
  for (let ahead = 0; ahead < LONGEST_DAY_MINUTES; ahead++) {
    const at = first + ahead * MINUTE_MS;
    if ((wallTime(at, zone) / MINUTE_MS) % DAY_MINUTES === hour * 60 + minute) return at;
  }
  // Clocks go forward over it.
  throw new Failure("invalid_input", `there is no ${time.slice("until ".length)} within a day in ${zone}`, {
    ...{ found: time, allowed: ["30m", "4h", "until 08:30"], next: "Nothing was done." },
  });
}
