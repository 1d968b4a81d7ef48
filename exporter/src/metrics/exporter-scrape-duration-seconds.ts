import { oneSample, selfFamily } from "../family.ts";

export default selfFamily({
  name: "rollcall_exporter_scrape_duration_seconds",
  help: "How long the last scrape took in the exporter",
  labels: [],
  value: {
    kind: "gauge",
    samples: ({ lastScrapeSeconds }) => oneSample(lastScrapeSeconds),
  },
});
