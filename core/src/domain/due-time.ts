const MINUTE_MS = 60_000;
/** A due time is made up for this long: every service was down, PostgreSQL was away, or a run by hand was under way. */
const CATCH_UP_MINUTES = 10;

/** What is due by a cron expression in a time zone. */
export interface Timetable {
  readonly cron: string;
  /** IANA name: "Europe/Berlin". */
  readonly zone: string;
  /** Whether the expression fits a clock on the wall, given as if it stood in UTC. */
  matches(wall: Date): boolean;
}

/**
 * Name of the newest due time, the same in every replica; null if there is none in the last minutes. When clocks go forward,
 * what lies in the hour that is left out is due at its end; when they go back, the hour that comes twice is due once. An
 * expression for every hour follows the hours as they pass instead.
 */
export function newestDue(timetable: Timetable, now: number): string | null {
  const minute = now - (now % MINUTE_MS);
  for (let back = 0; back < CATCH_UP_MINUTES; back++) {
    const due = dueAt(timetable, minute - back * MINUTE_MS);
    if (due !== null) return due;
  }
  return null;
}

/**
 * Name of what is due in one minute, as above; null if nothing is.
 * @param at ms since the epoch, the start of a minute
 */
export function dueAt({ cron, zone, matches }: Timetable, at: number): string | null {
  const wall = wallTime(at, zone);
  if (isHourly(cron)) return matches(new Date(wall)) ? new Date(at).toISOString() : null;
  const first = Math.min(wall, wallTime(at - MINUTE_MS, zone) + MINUTE_MS);
  // Going back, the clock shows less than a minute ago: only what it shows counts.
  for (let shown = wall; shown >= first; shown -= MINUTE_MS) {
    if (matches(new Date(shown))) return `${new Date(shown).toISOString().slice(0, 16)} ${zone}`;
  }
  return null;
}

/** "*" or "*\/2" in the field of hours, the fourth from the end. */
const isHourly = (cron: string): boolean => cron.trim().split(/\s+/).at(-4)?.startsWith("*") === true;

/**
 * What a clock shows in a time zone.
 * @param at ms since the epoch
 * @returns ms, as if the clock showed UTC; whole minutes
 */
export function wallTime(at: number, zone: string): number {
  const parts = formatOf(zone).formatToParts(at);
  const of = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((part) => part.type === type)?.value);
  return Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"));
}

const formats = new Map<string, Intl.DateTimeFormat>();
function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const two = "2-digit";
  const fields = { year: "numeric", month: two, day: two, hour: two, minute: two } as const;
  const made = new Intl.DateTimeFormat("en", { ...fields, timeZone: zone, hourCycle: "h23", calendar: "gregory" });
  formats.set(zone, made);
  return made;
}

/** Whether there is such a time zone. */
export function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}
