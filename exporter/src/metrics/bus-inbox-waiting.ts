import { fleetFamily, oneSample } from "../family.ts";

export default fleetFamily({
  name: "rollcall_bus_inbox_waiting",
  help: "Control messages in all inboxes that agents have not taken or not acknowledged; absent if Redis cannot tell",
  labels: ["fleet"],
  value: {
    kind: "gauge",
    samples: (snapshot) => oneSample(snapshot.inboxWaiting, [snapshot.fleet]),
  },
});
