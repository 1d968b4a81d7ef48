/**
 * A string of PromQL. Its escapes are those of Go, which knows all of JSON's; U+FFFD as it is would be taken for broken
 * UTF-8.
 */
export const quote = (text: string): string =>
  JSON.stringify(text.toWellFormed()).replaceAll("\uFFFD", String.raw`\ufffd`);

const SPECIAL = /[\\^$.|?*+()[\]{}]/g;

/** A regular expression, already quoted, that matches these texts and no other. */
export const oneOf = (texts: readonly string[]): string =>
  quote(texts.map((text) => text.toWellFormed().replaceAll(SPECIAL, "\\$&")).join("|"));

/** Label matchers: `{fleet="demo",verdict=~"busy|slow"}`; a list stands for one of its texts. */
export function matching(labels: Readonly<Record<string, string | readonly string[]>>): string {
  const matchers = Object.entries(labels).map(([name, wanted]) =>
    typeof wanted === "string" ? `${name}=${quote(wanted)}` : `${name}=~${oneOf(wanted)}`,
  );
  return `{${matchers.join(",")}}`;
}

/** Two exporters measure the same: the larger of both is taken, not the sum. */
export const oncePer = (labels: string, expression: string): string => `max by (${labels}) (${expression})`;

export const totalOf = (expression: string): string => `sum(${expression})`;

export const increaseOf = (selector: string, seconds: number): string => `increase(${selector}[${seconds}s])`;

export const rateOf = (selector: string, seconds: number): string => `rate(${selector}[${seconds}s])`;

/** @param quantile 0 to 1 @param buckets by `le` and, if `by` is said, by that */
export const quantileOf = (quantile: number, buckets: string, by = ""): string =>
  `histogram_quantile(${quantile}, sum by (${by === "" ? "le" : `le, ${by}`}) (${buckets}))`;
