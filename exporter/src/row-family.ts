import { type Family, type FamilyOf, fleetFamily, type HistogramSample, type Sample } from "./family.ts";
import { type RowKind, type RowKinds, type Rows, rowLabelNames, rowLabels, visitRows } from "./rows.ts";
import type { Snapshot } from "./snapshot.ts";

interface Declaration<Kind extends RowKind> {
  readonly name: string;
  readonly help: string;
  readonly kind: "gauge" | "counter";
  /** null: not known, and then there is no series. */
  readonly value: (row: RowKinds[Kind]) => number | null;
}

/** A family with at most one series for each agent; a detailed one has none for agents beyond the budget. */
export const agentFamily = ({ detailed = false, ...family }: Declaration<"agents"> & { detailed?: boolean }): Family =>
  oneLine("agents", family, detailed);

/** A family with at most one series for each topic. */
export const topicFamily = (family: Declaration<"topics">): Family => oneLine("topics", family);

/** A family with at most one series for each consumer group of an expected agent on a topic. */
export const subscriptionFamily = (family: Declaration<"subscriptions">): Family => oneLine("subscriptions", family);

/** A family with at most one series for each topic that a pattern of an expected agent fits. */
export const declaredFamily = (family: Declaration<"declared">): Family => oneLine("declared", family);

function oneLine<Kind extends RowKind>(
  of: Kind,
  { name, help, kind, value }: Declaration<Kind>,
  detailed = false,
): Family {
  const rows: Rows<Kind> = {
    of,
    detailed,
    lines: [{ suffix: "", labels: [] }],
    fill: (row, values, at) => {
      values[at] = value(row) ?? Number.NaN;
    },
  };
  return withRows({ name, help, labels: rowLabelNames(of), value: { kind, samples: samplesOf(rows) } }, rows);
}

interface SplitDeclaration<Kind extends RowKind> extends Omit<Declaration<Kind>, "value"> {
  readonly of: Kind;
  readonly label: string;
  /** By value of the label. */
  readonly values: Readonly<Record<string, (row: RowKinds[Kind]) => number | null>>;
}

/** A family with one more label, whose few values are the same for every row. */
export function splitFamily<Kind extends RowKind>({
  of,
  label,
  values: byLabel,
  ...rest
}: SplitDeclaration<Kind>): Family {
  const reads = Object.values(byLabel);
  const rows: Rows<Kind> = {
    of,
    detailed: false,
    lines: Object.keys(byLabel).map((value) => ({ suffix: "", labels: [[label, value]] })),
    fill: (row, values, at) => {
      for (let index = 0; index < reads.length; index += 1) values[at + index] = reads[index]?.(row) ?? Number.NaN;
    },
  };
  const { name, help, kind } = rest;
  return withRows(
    { name, help, labels: [label, ...rowLabelNames(of)], value: { kind, samples: samplesOf(rows) } },
    rows,
  );
}

interface HistogramDeclaration {
  readonly name: string;
  readonly help: string;
  readonly bounds: readonly number[];
  /** One count per bucket, not summed up, the last for +Inf. null: not known. */
  readonly value: (topic: RowKinds["topics"]) => { readonly counts: readonly number[]; readonly sum: number } | null;
}

/** A histogram for each topic. */
export function topicHistogram({ name, help, bounds, value }: HistogramDeclaration): Family {
  const limits = [...bounds.map(String), "+Inf"];
  const rows: Rows<"topics"> = {
    of: "topics",
    detailed: false,
    lines: [
      ...limits.map((bound) => ({ suffix: "_bucket", labels: [["le", bound]] as const })),
      { suffix: "_sum", labels: [] },
      { suffix: "_count", labels: [] },
    ],
    fill: (topic, values, at) => {
      const found = value(topic);
      let count = 0;
      for (let index = 0; index < limits.length; index += 1) {
        count += found?.counts[index] ?? 0;
        values[at + index] = found === null ? Number.NaN : count;
      }
      values[at + limits.length] = found?.sum ?? Number.NaN;
      values[at + limits.length + 1] = found === null ? Number.NaN : count;
    },
  };
  const samples = ({ fleet, topics }: Snapshot): HistogramSample[] =>
    topics.flatMap((topic) => {
      const found = value(topic);
      return found === null ? [] : [{ labels: rowLabels("topics", topic, fleet), ...found }];
    });
  return withRows({ name, help, labels: rowLabelNames("topics"), value: { kind: "histogram", bounds, samples } }, rows);
}

/** The same series one by one, for whoever does not write slots. */
function samplesOf<Kind extends RowKind>(rows: Rows<Kind>): (snapshot: Snapshot) => Sample[] {
  const values = new Float64Array(rows.lines.length);
  return (snapshot) => {
    const samples: Sample[] = [];
    visitRows(rows.of, snapshot, (row) => {
      if (rows.detailed && !(row as RowKinds["agents"]).detailed) return;
      rows.fill(row, values, 0);
      const own = rowLabels(rows.of, row, snapshot.fleet);
      for (const [index, { labels }] of rows.lines.entries()) {
        const value = values[index] as number;
        if (!Number.isNaN(value)) samples.push({ labels: [...labels.map(([, text]) => text), ...own], value });
      }
    });
    return samples;
  };
}

const withRows = <Kind extends RowKind>(family: FamilyOf<Snapshot>, rows: Rows<Kind>): Family => ({
  ...fleetFamily(family),
  rows: rows as unknown as Rows,
});
