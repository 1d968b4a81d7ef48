import { fleetFamily, oneSample } from "../family.ts";

export default fleetFamily({
  name: "rollcall_fleet_agents_expected",
  help: "Agents that should exist; absent while the fleet is not measured",
  labels: ["fleet"],
  value: {
    kind: "gauge",
    samples: (snapshot) => oneSample(snapshot.agents.length, [snapshot.fleet]),
  },
});
