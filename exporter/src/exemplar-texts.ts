import { exemplarText } from "@rollcall/core/adapters/prometheus/open-metrics.ts";
import { labelText, numberText } from "@rollcall/core/adapters/prometheus/text-format.ts";
import type { Family, FamilyOf } from "./family.ts";
import type { Snapshot } from "./snapshot.ts";

/** By the head of a bucket's line: what stands behind it. */
export function exemplarTexts(families: readonly Family[], snapshot: Snapshot | null): ReadonlyMap<string, string> {
  if (snapshot === null) return new Map();
  return new Map(
    families.flatMap(({ ofSnapshot }) => (ofSnapshot === null ? [] : exemplarLines(ofSnapshot, snapshot))),
  );
}

function exemplarLines(
  { name, labels, value }: FamilyOf<Snapshot>,
  snapshot: Snapshot,
): [head: string, text: string][] {
  if (value.kind !== "histogram") return [];
  return value.samples(snapshot).flatMap(({ labels: values, exemplars = [] }) =>
    exemplars.flatMap((exemplar, index): [string, string][] => {
      if (exemplar === null) return [];
      const bound = numberText(value.bounds[index] ?? Number.POSITIVE_INFINITY);
      const own = labelText(["le", ...labels], [bound, ...values]);
      return [[`${name}_bucket{${own}}`, exemplarText(exemplar)]];
    }),
  );
}
