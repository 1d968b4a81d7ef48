import { fleetFamily, oneSample } from "../family.ts";

export default fleetFamily({
  name: "rollcall_fleet_canary_round_timestamp_seconds",
  help: "When the control service last sent each agent a canary, Unix time by Redis' clock; absent if never",
  labels: ["fleet"],
  value: {
    kind: "gauge",
    samples: (snapshot) =>
      oneSample(snapshot.canaryRoundAt === null ? null : snapshot.canaryRoundAt / 1000, [snapshot.fleet]),
  },
});
