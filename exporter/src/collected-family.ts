import type { CollectedMetric } from "./collectors/collector.ts";
import { type Family, selfFamily } from "./family.ts";

interface Declaration {
  readonly name: CollectedMetric;
  readonly help: string;
  readonly kind: "gauge" | "counter";
  readonly labels: readonly string[];
}

/** A family whose series a collector brings (docs/collectors.md); without it, or with figures too old, it has none. */
export const collectedFamily = ({ name, help, kind, labels }: Declaration): Family =>
  selfFamily({ name, help, labels, value: { kind, samples: ({ collected }) => collected.samples(name) } });
