import { labelText, numberText } from "./text-format.ts";

/** Content type of https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md */
export const OPEN_METRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

interface Wish {
  readonly type: string;
  readonly quality: number;
}

/** Whether a scraper would rather have OpenMetrics than the text format, and whether it takes the text format at all. */
export function readAccept(accept: string | undefined): { readonly wanted: boolean; readonly textTaken: boolean } {
  const wishes = (accept ?? "").split(",").map(readWish);
  const best = (fits: (type: string) => boolean): number =>
    Math.max(0, ...wishes.filter(({ type }) => fits(type)).map(({ quality }) => quality));
  const openMetrics = best((type) => type === "application/openmetrics-text");
  const text = best((type) => ["text/plain", "text/*", "*/*", ""].includes(type));
  return { wanted: openMetrics > 0 && openMetrics >= text, textTaken: text > 0 };
}

function readWish(part: string): Wish {
  const [type = "", ...parameters] = part.split(";").map((piece) => piece.trim().toLowerCase());
  const quality = Number(parameters.find((piece) => piece.startsWith("q="))?.slice(2) ?? 1);
  return { type, quality: Number.isFinite(quality) ? quality : 0 };
}

/** An example of what was counted in a bucket, shown in OpenMetrics only. */
export interface Exemplar {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** ms since the epoch. */
  readonly at: number;
}

/** What stands behind a bucket's line. */
export const exemplarText = ({ labels, value, at }: Exemplar): string =>
  ` # {${labelText(Object.keys(labels), Object.values(labels))}} ${numberText(value)} ${at / 1000}`;

/**
 * A page in Prometheus' text format as OpenMetrics wants it, with the exemplars.
 * @param exemplars texts of `exemplarText` by the head of their line: `name_bucket{le="1"}`
 */
export function toOpenMetrics(page: string, exemplars: ReadonlyMap<string, string>): string {
  const lines: string[] = [];
  for (const line of page.split("\n")) {
    if (line === "") continue;
    lines.push(line.startsWith("#") ? headLine(line) : sampleLine(line, exemplars));
  }
  return `${lines.join("\n")}\n# EOF\n`;
}

/** A counter's family has no `_total`; only its series have. */
function headLine(line: string): string {
  const [, kind = "", name = "", rest = ""] = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line) ?? [];
  const family = name.replace(/_total$/, "");
  if (kind === "TYPE" && rest === "counter" && family === name) return `# TYPE ${name} unknown`;
  return `# ${kind} ${family} ${kind === "HELP" ? rest.replaceAll('"', '\\"') : rest}`;
}

/** Exactly one blank stands before the value. */
function sampleLine(line: string, exemplars: ReadonlyMap<string, string>): string {
  const at = line.lastIndexOf(" ");
  const head = line.slice(0, at).trimEnd();
  return `${head} ${line.slice(at + 1)}${exemplars.get(head) ?? ""}`;
}
