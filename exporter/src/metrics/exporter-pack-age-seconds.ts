import { oneSample, selfFamily } from "../family.ts";

export default selfFamily({
  name: "rollcall_exporter_pack_age_seconds",
  help: "Age of what packs show; +Inf before the first reading, absent without packs",
  labels: [],
  value: { kind: "gauge", samples: ({ packs }) => oneSample(packs?.ageSeconds ?? null) },
});
