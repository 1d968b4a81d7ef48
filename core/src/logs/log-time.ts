// A number counts seconds, milliseconds, microseconds or nanoseconds: each is 1,000 times the one before, and the present
// lies far from the borders between them.
const UNITS: readonly (readonly [below: number, perMs: number])[] = [
  [1e11, 1e-3],
  [1e14, 1],
  [1e17, 1e3],
  [Number.POSITIVE_INFINITY, 1e6],
];

/** Milliseconds since the epoch of a time as logs write it: ISO 8601, or a number of any unit. Null if it is none. */
export function timeOf(said: unknown): number | null {
  if (typeof said === "number" && said > 0) {
    const [, perMs] = UNITS.find(([below]) => said < below) ?? [0, 1];
    return Math.round(said / perMs);
  }
  if (typeof said !== "string") return null;
  if (/^\d{9,19}(?:\.\d+)?$/.test(said)) return timeOf(Number(said));
  if (!TIME.test(said)) return null;
  return momentOf(said);
}

/** A time with date at the beginning of a line, in brackets or not. */
export const TIME =
  /^\[?(\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?)\]?(?=[\s:,-]|$)/;

/** Without a zone it is that of this host, as programs mean it that write none. */
export function momentOf(text: string): number | null {
  const written = text
    .replaceAll("/", "-")
    .replace(",", ".")
    .replace(/^\[|\]$/g, "")
    .replace(/ ?(?:UTC|GMT)$/, "Z")
    .replace(/^(\S+) (\d)/, "$1T$2")
    .replace(/ ([+-])/, "$1");
  const at = Date.parse(written);
  return Number.isNaN(at) ? null : at;
}
