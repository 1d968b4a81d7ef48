import { selfFamily } from "../family.ts";

export default selfFamily({
  name: "rollcall_exporter_pack_events_waiting",
  help: "Entries of a topic that packs have not counted yet; absent before the first reading",
  labels: ["topic"],
  value: {
    kind: "gauge",
    samples: ({ packs }) =>
      (packs?.topics ?? []).flatMap(({ topic, waiting }) =>
        waiting === null ? [] : [{ labels: [topic], value: waiting }],
      ),
  },
});
