import { fleetFamily, oneSample } from "../family.ts";

export default fleetFamily({
  name: "rollcall_fleet_version",
  help: "Version of the expected fleet that the control service has published",
  labels: ["fleet"],
  value: {
    kind: "gauge",
    samples: (snapshot) => oneSample(snapshot.version, [snapshot.fleet]),
  },
});
