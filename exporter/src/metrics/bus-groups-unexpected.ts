import { fleetFamily, oneSample } from "../family.ts";

export default fleetFamily({
  name: "rollcall_bus_groups_unexpected",
  help: "Consumer groups on topics that belong to no expected agent",
  labels: ["fleet"],
  value: {
    kind: "gauge",
    samples: (snapshot) => oneSample(snapshot.unexpectedGroups, [snapshot.fleet]),
  },
});
