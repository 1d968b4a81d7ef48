import { createHash } from "node:crypto";
import { defineDiagnostic, passed } from "../diagnostic.ts";

/** Nothing rings under this key, and an acknowledgement of what does not ring changes nothing at PagerDuty. */
const NOBODYS_KEY = createHash("sha256").update("rollcall diagnostics").digest("hex");

export default defineDiagnostic({
  name: "pager-answers",
  summary: "PagerDuty takes acknowledgements with our key",
  suites: ["smoke", "full"],
  timeoutSeconds: 10,
  async run({ ports }) {
    await ports.pager.acknowledge(NOBODYS_KEY);
    return passed("took an acknowledgement of nothing");
  },
});
