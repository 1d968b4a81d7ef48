import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_exporter_collector_unexpected",
  help: "Things that the collector found and nobody expects: running units, files of cron jobs, channels",
  kind: "gauge",
  labels: ["collector"],
});
