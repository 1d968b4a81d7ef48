import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_probe_certificate_end_timestamp_seconds",
  help: "When the certificate that the address shows ends, Unix time; absent without TLS",
  kind: "gauge",
  labels: ["probe"],
});
