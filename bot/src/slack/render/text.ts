import { renderTimes } from "@rollcall/core/domain/report.ts";
import { redact } from "@rollcall/core/secrets/redact.ts";
import { wholeDuration } from "@rollcall/core/whole-duration.ts";

/** Controls, zero-width characters, direction overrides: they hide or reorder words. A line break may stay. */
const INVISIBLE = /(?!\n)[\p{Cc}\p{Cf}]/gu;

const UNKNOWN_TIME = "unknown time";

/** Slack reads only these three as markup of links and mentions (docs.slack.dev, "escaping text"). */
export const escapeText = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Cuts to a number of characters as a reader counts them, and says so with "…". */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const characters = Array.from(text);
  return characters.length <= most ? text : `${characters.slice(0, Math.max(0, most - 1)).join("")}…`;
}

/** Text from outside (labels, errors, names) as one harmless line: no markup, no mentions, nothing invisible, not too long. */
export function foreign(text: string, most = 120): string {
  // Before it is cut: half a secret is not known as one any more.
  const line = redact(clip(text, most)).replace(/\s+/gu, " ").replace(INVISIBLE, "").trim();
  const harmless = line.replaceAll("*", "∗").replaceAll("`", "'").replaceAll("{{", "{ {");
  return escapeWithin(harmless, most);
}

/** Escapes so much of a text as fits when escaped: one "&" becomes five characters. */
function escapeWithin(text: string, most: number): string {
  let shown = most;
  let escaped = escapeText(cut(text, shown));
  while (Array.from(escaped).length > most && shown > 1) {
    shown = Math.floor(shown * 0.8);
    escaped = escapeText(cut(text, shown));
  }
  return escaped;
}

/** A label may be megabytes long: look at no more than can be shown; half a surrogate pair is refused by Slack. */
const clip = (text: string, most: number): string => text.slice(0, most * 8).toWellFormed();

/**
 * Text of our own with `*bold*` and time tokens; names inside it cannot become links or mentions.
 * @param most characters of the result as Slack counts them, markup and entities included
 */
export function markup(text: string, most = 2900): string {
  const clean = clip(text, most).replace(INVISIBLE, "");
  let shown = most;
  for (;;) {
    const rendered = renderTimes(escapeText(cut(clean, shown)), clockTime);
    if (rendered.length <= most || shown < 2) return rendered;
    shown = Math.floor(shown * 0.8);
  }
}

/** For places without markup: buttons, dialogs, the lock screen. */
export function plain(text: string, most: number): string {
  const line = text
    .slice(0, most * 8)
    .replace(/\s+/gu, " ")
    .replace(INVISIBLE, "");
  return cut(renderTimes(line, utcTime).replaceAll("*", "").trim(), most);
}

const unescapeText = (text: string): string =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

/** What the lock screen and the screen reader say: at most 150 characters as Slack counts them, no markup. */
export function lockScreen(text: string, most = 150): string {
  return escapeWithin(plain(unescapeText(text), most), most) || "–";
}

/** A clock time in the reader's own zone; `02:41:08 UTC` where the client cannot. */
export function clockTime(millis: number): string {
  const fallback = utcTime(millis);
  return fallback === UNKNOWN_TIME ? fallback : `<!date^${Math.floor(millis / 1000)}^{time_secs}|${fallback}>`;
}

function utcTime(millis: number): string {
  const date = new Date(millis);
  return Number.isNaN(date.getTime()) ? UNKNOWN_TIME : `${date.toISOString().slice(11, 19)} UTC`;
}

/** "0.1 s", "13.4 s", "41 s", "36 min". */
export function duration(seconds: number): string {
  if (seconds < 20) return `${seconds.toFixed(1)} s`;
  return wholeDuration(seconds);
}

/** "billing, invoices, shipping and 4 more". */
export function nameSome(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most).join(", ");
  return names.length <= most ? shown : `${shown} and ${names.length - most} more`;
}

const LOGGED_AT = /^(\d{4}-\d\d-\d\dT[\d:.]+Z)\s+/;
// Whoever reads a card on a phone wants the sentence; ids are in the log.
const LOGGED_IDS = /\s\w+_id=\S+/g;

/** A line of an agent's log for a card: when, and what it says. */
export function errorWords(line: string): string {
  const at = Date.parse(LOGGED_AT.exec(line)?.[1] ?? "");
  const words = foreign(line.slice(0, 2000).replace(LOGGED_AT, "").replaceAll(LOGGED_IDS, ""), 160);
  return Number.isNaN(at) ? words : `${clockTime(at)} ${words}`;
}

/** The beginning of a sentence. */
export const upperFirst = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
