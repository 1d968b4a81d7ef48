import { selfFamily } from "../family.ts";

export default selfFamily({
  name: "rollcall_exporter_pack_values_bounded_total",
  help: "Events that a metric of a pack counts under other, because their value is not listed or there are too many",
  labels: ["metric"],
  value: {
    kind: "counter",
    samples: ({ packs }) => (packs?.metrics ?? []).map(({ name, bounded }) => ({ labels: [name], value: bounded })),
  },
});
