import type { Exemplar } from "@rollcall/core/adapters/prometheus/open-metrics.ts";
import type { PushState } from "./alerts/push-gone.ts";
import type { CollectedState } from "./collectors/collector-loops.ts";
import type { PacksView } from "./packs/pack-loop.ts";
import type { PageState } from "./page.ts";
import type { RefreshState } from "./refresh-loop.ts";
import type { Rows } from "./rows.ts";
import type { Snapshot } from "./snapshot.ts";

/** One series of a gauge or a counter; label values in the order of the family's labels. */
export interface Sample {
  readonly labels: readonly string[];
  readonly value: number;
}

/** One series of a histogram; one count per bucket, not summed up, the last for +Inf. */
export interface HistogramSample {
  readonly labels: readonly string[];
  readonly counts: readonly number[];
  readonly sum: number;
  /** By bucket. */
  readonly exemplars?: readonly (Exemplar | null)[];
}

/** All that a scrape shows. */
export interface ExporterState {
  readonly refresh: RefreshState;
  readonly page: PageState;
  /** null: nobody is to be told. */
  readonly push: PushState | null;
  readonly collected: CollectedState;
  /** null: there is no pack. */
  readonly packs: PacksView | null;
  readonly version: string;
  readonly uptimeSeconds: number;
  /** null before the first scrape has ended. */
  readonly lastScrapeSeconds: number | null;
}

/** Name, help and series of a family, made of `From`. */
export interface FamilyOf<From> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly value: Value<From>;
  /** Of single agents, and only for those whose details are shown. */
  readonly detailed?: boolean;
}
type Value<From> =
  | { readonly kind: "gauge" | "counter"; readonly samples: (from: From) => readonly Sample[] }
  | {
      readonly kind: "histogram";
      readonly bounds: readonly number[];
      readonly samples: (from: From) => readonly HistogramSample[];
    };

/** A metric family. Each file in `metrics/` exports one by default; the folder is the list of all. */
export interface Family extends FamilyOf<ExporterState> {
  /** The same, made of a snapshot alone, so that it is written once for each; null for one about the exporter itself. */
  readonly ofSnapshot: FamilyOf<Snapshot> | null;
  /** Only of a large family, which has the same lines for every agent, topic or subscription (`row-family.ts`). */
  readonly rows?: Rows;
}

/** A family about agents or bus: without a snapshot that is young enough it has no series at all. */
export function fleetFamily(ofSnapshot: FamilyOf<Snapshot>): Family {
  const { value, ...rest } = ofSnapshot;
  const orNone =
    <Found>(samples: (snapshot: Snapshot) => readonly Found[]) =>
    ({ refresh }: ExporterState): readonly Found[] =>
      refresh.snapshot === null ? [] : samples(refresh.snapshot);
  return {
    ...rest,
    ofSnapshot,
    value:
      value.kind === "histogram"
        ? { ...value, samples: orNone(value.samples) }
        : { ...value, samples: orNone(value.samples) },
  };
}

/** A family about the exporter itself: always there. */
export const selfFamily = (family: FamilyOf<ExporterState>): Family => ({ ...family, ofSnapshot: null });

/** Labels of every series of one agent; agents come from the expected fleet only, so a stranger on the bus makes no series. */
export const AGENT_LABELS = ["fleet", "agent", "group", "criticality", "owner"] as const;

/** One sample of the whole exporter or fleet; none if the value is not known. */
export const oneSample = (value: number | null, labels: readonly string[] = []): Sample[] =>
  value === null ? [] : [{ labels, value }];

/** Counts of a closed list of values, each there from the beginning. */
export function countBy<Key extends string>(keys: readonly Key[], found: readonly Key[]): Map<Key, number> {
  const counts = new Map(keys.map((key) => [key, 0]));
  for (const key of found) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
