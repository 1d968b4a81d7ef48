import { wallTime } from "../domain/due-time.ts";
import type { Period } from "../domain/period.ts";

export const REPORT_KINDS = ["daily", "weekly", "monthly", "handover"] as const;
export type ReportKind = (typeof REPORT_KINDS)[number];

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LENGTH_MS = { daily: DAY_MS, weekly: 7 * DAY_MS, monthly: 30 * DAY_MS } as const;

/** Every zone is a whole number of quarters of an hour away from UTC. */
const QUARTER_MS = 900_000;
const HANDOVER_AT_MS = 8.5 * HOUR_MS;
/** Whoever asks at 08:45 hands over the day before, and not a quarter of an hour. */
const LEAST_HANDOVER_MS = 2 * HOUR_MS;

/**
 * What a report is about. A hand-over goes back to the newest 08:30 that is at least two hours ago.
 * @param now ms since the epoch
 * @param zone IANA name of the time zone of the people on call
 */
export function periodOf(kind: ReportKind, now: number, zone: string): Period {
  if (kind !== "handover") return { from: now - LENGTH_MS[kind], to: now };
  const newest = now - LEAST_HANDOVER_MS;
  const quarters = Array.from({ length: 100 }, (_, back) => newest - (newest % QUARTER_MS) - back * QUARTER_MS);
  // Where clocks are put forward over it there is no 08:30 on that day; then a day is a day.
  return { from: quarters.find((at) => wallTime(at, zone) % DAY_MS === HANDOVER_AT_MS) ?? now - DAY_MS, to: now };
}

/** The 08:30 of the quarter of an hour that it is, ms since the epoch; null in any other quarter. */
export function handoverDue(now: number, zone: string): number | null {
  const quarter = now - (now % QUARTER_MS);
  return wallTime(quarter, zone) % DAY_MS === HANDOVER_AT_MS ? quarter : null;
}

const NIGHT_FROM_MS = 22 * HOUR_MS;
const NIGHT_TO_MS = 8 * HOUR_MS;

/** How much of a stretch lies between 22:00 and 08:00 there, in ms. */
export function nightMs({ from, to }: Period, zone: string): number {
  let night = 0;
  for (let at = from - (from % QUARTER_MS); at < to; at += QUARTER_MS) {
    const clock = wallTime(at, zone) % DAY_MS;
    const isNight = clock >= NIGHT_FROM_MS || clock < NIGHT_TO_MS;
    if (isNight) night += Math.max(0, Math.min(at + QUARTER_MS, to) - Math.max(at, from));
  }
  return night;
}

/** "Sat 28 Nov 08:30" */
export function dateWords(at: number, zone: string): string {
  const parts = new Intl.DateTimeFormat("en-GB", {
    ...{ weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
    ...{ hourCycle: "h23", timeZone: zone },
  } as const).format(at);
  return parts.replaceAll(",", "");
}
