import { z } from "zod";
import { isPeriod } from "../audit-period.ts";
import { valueWords } from "../charts/axis.ts";
import { LONGEST_CHART, type MadeChart, makeChart } from "../charts/make-chart.ts";
import { METRIC_NAMES } from "../charts/named-metrics.ts";
import { defineCommand } from "../command.ts";
import { Failure } from "../domain/failure.ts";
import { timeToken } from "../domain/report.ts";
import { spanField } from "../time-span.ts";

const USUAL_SPAN = "1h";

const input = z.strictObject({
  metric: z.enum(METRIC_NAMES as [string, ...string[]]).describe("What is drawn"),
  who: z
    .array(z.string().min(1).max(200))
    .max(50)
    .default([])
    .describe(`Which agents, and how far back (${LONGEST_CHART} at most): billing, @orders, 6h`),
});

export default defineCommand({
  name: "chart",
  aliases: ["graph"],
  kind: "read",
  summary: "Draw how something went: memory, cpu, handled, failed, rung, waiting, p95",
  role: "viewer",
  danger: 0,
  input,
  words: ["metric", "who"],
  examples: ["chart memory billing 6h", "chart handled @orders", "chart waiting 24h"],
  async run(raw, { ports }) {
    const parsed = input.parse(raw);
    const metric = parsed.metric as (typeof METRIC_NAMES)[number];
    const { span, who } = readWords(parsed.who);
    const made = await makeChart({ metric, who, span }, ports);
    const query = new URLSearchParams({ range: span, ...(who.length > 0 && { who: who.join(" ") }) });
    return {
      headline: `*${made.title}*`,
      context: contextOf(made),
      lines: made.chart === null ? [`Nothing to draw: ${made.reason}.`] : linesOf(made.chart),
      ...{ fields: [], actions: [] },
      sameAs: ["same as /fleet chart", metric, ...parsed.who].join(" "),
      data: { metric, who, span, omitted: made.omitted, reason: made.reason, chart: made.chart },
      ...(made.chart !== null && { picture: { chart: made.chart, path: `/api/v1/charts/${metric}?${query}` } }),
    };
  },
});

const contextOf = ({ chart, omitted }: MadeChart): string | null =>
  chart === null
    ? null
    : [
        ...(omitted > 0 ? [`the ${chart.panels[0]?.lines.length} largest, ${omitted} more are not drawn`] : []),
        `as of ${timeToken(chart.to)}`,
      ].join(" · ");

/** The newest value and the range of each line: what the picture says to who cannot see it. */
function linesOf({ panels }: NonNullable<MadeChart["chart"]>): string[] {
  return panels.flatMap(({ lines, unit }) =>
    lines.map(({ name, points }) => {
      const values = points.flatMap(([, value]) => (value === null ? [] : [value]));
      const newest = points.at(-1)?.[1] ?? null;
      const words = (value: number): string => valueWords(unit, value);
      const now = newest === null ? "not measured now" : `${words(newest)} now`;
      return `*${name}* ${now}, ${words(Math.min(...values))} to ${words(Math.max(...values))}`;
    }),
  );
}

/** @throws Failure "invalid_input" */
function readWords(words: readonly string[]): { span: string; who: string[] } {
  const spans = words.filter(isPeriod);
  const span = spanField.safeParse(spans[0] ?? USUAL_SPAN);
  if (spans.length <= 1 && span.success) return { span: span.data, who: words.filter((word) => !isPeriod(word)) };
  throw new Failure("invalid_input", "chart takes one time to look back", {
    found: spans.join(" "),
    allowed: ["chart memory billing 6h"],
  });
}
