import { fleetFamily, oneSample } from "../family.ts";

export default fleetFamily({
  name: "rollcall_fleet_agents_unexpected",
  help: "Agents that beat but are not expected",
  labels: ["fleet"],
  value: {
    kind: "gauge",
    samples: (snapshot) => oneSample(snapshot.unexpectedAgents, [snapshot.fleet]),
  },
});
