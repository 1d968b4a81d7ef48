import type { AgentView, DeclaredSubscription, Snapshot, SubscriptionView, TopicView } from "./snapshot.ts";

/** What a large family has a row for, with what is known of each. */
export interface RowKinds {
  readonly agents: AgentView;
  readonly topics: TopicView;
  readonly subscriptions: SubscriptionView;
  readonly declared: DeclaredSubscription;
}
export type RowKind = keyof RowKinds;

/** One line that each row of a family has, unless its value is not known. */
interface RowLine {
  /** After the family's name: `_bucket`, or nothing. */
  readonly suffix: string;
  /** Names and values in front of the row's own labels. */
  readonly labels: readonly (readonly [name: string, value: string])[];
}

/**
 * A family with the same few lines for every row. Its series are written into slots of fixed width, of which only those
 * whose values have changed are written again (docs/scale.md).
 */
export interface Rows<Kind extends RowKind = RowKind> {
  readonly of: Kind;
  readonly lines: readonly RowLine[];
  /** Only for agents whose details are shown; the six that every agent has are not detailed. */
  readonly detailed: boolean;
  /** Writes one value for each line from `at` on; NaN for what is not known. */
  readonly fill: (row: RowKinds[Kind], values: Float64Array, at: number) => void;
}

const LABELS = {
  agents: ["fleet", "agent", "group", "criticality", "owner"],
  topics: ["fleet", "topic"],
  subscriptions: ["fleet", "topic", "group"],
  declared: ["fleet", "topic", "pattern", "group"],
} as const satisfies Record<RowKind, readonly string[]>;

/** Names of the labels of one row, in their order. */
export const rowLabelNames = (of: RowKind): readonly string[] => LABELS[of];

const VALUES: { readonly [Kind in RowKind]: (row: RowKinds[Kind], fleet: string) => readonly string[] } = {
  agents: ({ labels }) => labels,
  topics: ({ topic }, fleet) => [fleet, topic],
  subscriptions: ({ topic, group }, fleet) => [fleet, topic, group],
  declared: ({ topic, pattern, agent }, fleet) => [fleet, topic, pattern, agent],
};

/** Values of the labels of one row. */
export const rowLabels = <Kind extends RowKind>(of: Kind, row: RowKinds[Kind], fleet: string): readonly string[] =>
  VALUES[of](row, fleet);

/** Visits all rows of a snapshot, in an order that stays as long as the compiled fleet does. */
export function visitRows<Kind extends RowKind>(
  of: Kind,
  snapshot: Snapshot,
  visit: (row: RowKinds[Kind]) => void,
): void {
  if (of === "subscriptions") {
    for (const { subscriptions } of snapshot.topics)
      for (const subscription of subscriptions) visit(subscription as RowKinds[Kind]);
    return;
  }
  const rows = { agents: snapshot.agents, topics: snapshot.topics, declared: snapshot.declared }[
    of as Exclude<RowKind, "subscriptions">
  ];
  for (const row of rows) visit(row as RowKinds[Kind]);
}
