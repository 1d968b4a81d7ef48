import { escapeHelp, labelText, numberText } from "@rollcall/core/adapters/prometheus/text-format.ts";
import type { FamilyOf, HistogramSample, Sample } from "./family.ts";

/** A family with all its series, in Prometheus' text format 0.0.4. */
export function renderFamily<From>({ name, help, labels, value }: FamilyOf<From>, from: From): string {
  const head = familyHead(name, help, value.kind);
  const series =
    value.kind === "histogram"
      ? value.samples(from).map((sample) => renderHistogram(name, value.bounds, { sample, labels }))
      : value.samples(from).map((sample) => renderSample(name, labels, sample));
  return `${head}${series.join("")}\n`;
}

/** What stands in front of a family's series, also where it has none. */
export const familyHead = (name: string, help: string, kind: string): string =>
  `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${kind}\n`;

function renderSample(name: string, labels: readonly string[], sample: Sample): string {
  const own = labelText(labels, sample.labels);
  return `${name}${own === "" ? "" : `{${own}}`} ${numberText(sample.value)}\n`;
}

interface Labelled {
  readonly sample: HistogramSample;
  readonly labels: readonly string[];
}

function renderHistogram(name: string, bounds: readonly number[], { sample, labels }: Labelled): string {
  const own = labelText(labels, sample.labels);
  const rest = own === "" ? "" : `,${own}`;
  let count = 0;
  let text = "";
  for (const [index, bound] of [...bounds, Number.POSITIVE_INFINITY].entries()) {
    count += sample.counts[index] ?? 0;
    text += `${name}_bucket{le="${numberText(bound)}"${rest}} ${count}\n`;
  }
  const braces = own === "" ? "" : `{${own}}`;
  return `${text}${name}_sum${braces} ${numberText(sample.sum)}\n${name}_count${braces} ${count}\n`;
}
