import { fleetFamily, oneSample } from "../family.ts";

export default fleetFamily({
  name: "rollcall_fleet_beats_refused_total",
  help: "Heartbeats refused because their seal, form, agent or order was wrong, since the exporter began",
  labels: ["fleet"],
  value: {
    kind: "counter",
    samples: (snapshot) => oneSample(snapshot.refusedBeats, [snapshot.fleet]),
  },
});
