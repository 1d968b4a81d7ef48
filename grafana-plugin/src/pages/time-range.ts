import { dateTime, getTimeZone, type RawTimeRange, rangeUtil, type TimeRange, type TimeZone } from "@grafana/data";

const USUAL: RawTimeRange = { from: "now-1h", to: "now" };

/** The range that an address names as Grafana writes it: `from=now-6h&to=now`, or moments in ms; the usual one if it names none. */
export function rangeIn(query: URLSearchParams, usual = USUAL): TimeRange {
  const rangeOf = (raw: RawTimeRange): TimeRange => rangeUtil.convertRawToRange(raw, zoneIn(query));
  const [from, to] = [query.get("from"), query.get("to")];
  const range = from === null || to === null ? rangeOf(usual) : rangeOf({ from: readEnd(from), to: readEnd(to) });
  return range.from.isValid() && range.to.isValid() && range.from.isBefore(range.to) ? range : rangeOf(usual);
}

/** What is neither is no moment; Grafana's own reading would take "1" for a year. */
const readEnd = (text: string): RawTimeRange["from"] =>
  text.startsWith("now") ? text : dateTime(/^\d{12,14}$/.test(text) ? Number(text) : Number.NaN);

/** The zone that an address names, `timezone=utc`; else the one that the reader chose in Grafana. */
export function zoneIn(query: URLSearchParams): TimeZone {
  const zone = query.get("timezone");
  return zone !== null && (/^(utc|browser)$/.test(zone) || isKnown(zone)) ? zone : getTimeZone();
}

function isKnown(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** As it stands in the address. */
export function addressOf({ raw }: TimeRange): { readonly from: string; readonly to: string } {
  const write = (end: RawTimeRange["from"]): string => (typeof end === "string" ? end : String(end.valueOf()));
  return { from: write(raw.from), to: write(raw.to) };
}

/** As the control service is asked for it; all who look at "the last hour" ask in the same words and share the answer. */
export function stretchQuery({ from, to, raw }: TimeRange): string {
  const span =
    raw.to === "now" && typeof raw.from === "string" ? /^now-(\d{1,4}[mhd])$/.exec(raw.from)?.[1] : undefined;
  if (span !== undefined) return `range=${span}`;
  return raw.to === "now" ? `from=${from.valueOf()}` : `from=${from.valueOf()}&to=${to.valueOf()}`;
}

/** The range before or after it, by half of its length, as on a dashboard. @param now ms; nothing after it was measured */
export function moved({ from, to }: TimeRange, direction: -1 | 1, now: number): TimeRange {
  const length = to.valueOf() - from.valueOf();
  const end = Math.min(now, to.valueOf() + (direction * length) / 2);
  return between(end - length, end);
}

/** Twice as long about the same middle. @param now ms; nothing after it was measured */
export function zoomedOut({ from, to }: TimeRange, now: number): TimeRange {
  const length = to.valueOf() - from.valueOf();
  const end = Math.min(now, to.valueOf() + length / 2);
  return between(end - 2 * length, end);
}

function between(from: number, to: number): TimeRange {
  const [first, last] = [dateTime(Math.round(from)), dateTime(Math.round(to))];
  return { from: first, to: last, raw: { from: first, to: last } };
}
