const format = (options) => (date) => new Intl.DateTimeFormat("en-GB", options).format(date);

const FORMATS = {
  date_num: format({ year: "numeric", month: "2-digit", day: "2-digit" }),
  date: format({ day: "numeric", month: "long", year: "numeric" }),
  date_short: format({ day: "numeric", month: "short", year: "numeric" }),
  date_long: format({ weekday: "long", day: "numeric", month: "long", year: "numeric" }),
  time: format({ hour: "2-digit", minute: "2-digit" }),
  time_secs: format({ hour: "2-digit", minute: "2-digit", second: "2-digit" }),
};
FORMATS.date_pretty = FORMATS.date;
FORMATS.date_short_pretty = FORMATS.date_short;
FORMATS.date_long_pretty = FORMATS.date_long;

/** A date token of mrkdwn in the reader's time zone; null if it cannot be read. */
export function formatDate(seconds, template) {
  const date = new Date(Number(seconds) * 1000);
  if (!/^\d+$/.test(seconds) || Number.isNaN(date.getTime())) return null;
  return template.replace(/\{(\w+)\}/g, (whole, name) => FORMATS[name]?.(date) ?? whole);
}

const dateOf = (ts) => new Date(Number(ts) * 1000);
export const clockTime = (ts) => FORMATS.time(dateOf(ts));
export const fullTime = (ts) => `${FORMATS.date(dateOf(ts))} ${FORMATS.time_secs(dateOf(ts))}`;
export const dayOf = (ts) => FORMATS.date_long(dateOf(ts));
export const preciseTime = (milliseconds) =>
  `${FORMATS.time_secs(new Date(milliseconds))}.${String(milliseconds % 1000).padStart(3, "0")}`;
