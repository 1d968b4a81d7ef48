import { defineDiagnostic, failed, passed } from "../diagnostic.ts";

const ROWS = 50;

export default defineDiagnostic({
  name: "audit-head-joined",
  summary: "The newest 50 rows of the audit log are numbered without a gap",
  suites: ["smoke", "full"],
  timeoutSeconds: 5,
  async run({ ports }) {
    const rows = await ports.audit.search({ limit: ROWS });
    const [newest] = rows;
    if (newest === undefined) return failed("status", "the audit log is empty, though this run is in it");
    const gap = rows.find((row, index) => row.seq !== newest.seq - index);
    if (gap !== undefined) return failed("diag run full", `a row is missing behind a-${gap.seq}`);
    return passed(`a-${rows.at(-1)?.seq} to a-${newest.seq}`);
  },
});
