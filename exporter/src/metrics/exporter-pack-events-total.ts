import { selfFamily } from "../family.ts";

export default selfFamily({
  name: "rollcall_exporter_pack_events_total",
  help: "Entries of topics that packs count: counted, malformed (no event of that topic), or missed (gone before they were read)",
  labels: ["topic", "outcome"],
  value: {
    kind: "counter",
    samples: ({ packs }) =>
      (packs?.topics ?? []).flatMap(({ topic, counted, malformed, missed }) =>
        Object.entries({ counted, malformed, missed }).map(([outcome, value]) => ({ labels: [topic, outcome], value })),
      ),
  },
});
