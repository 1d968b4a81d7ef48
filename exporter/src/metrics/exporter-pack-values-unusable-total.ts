import { selfFamily } from "../family.ts";

export default selfFamily({
  name: "rollcall_exporter_pack_values_unusable_total",
  help: "Events that a metric of a pack leaves out, because the field to add holds no number from 0 to 10^12",
  labels: ["metric"],
  value: {
    kind: "counter",
    samples: ({ packs }) => (packs?.metrics ?? []).map(({ name, unusable }) => ({ labels: [name], value: unusable })),
  },
});
