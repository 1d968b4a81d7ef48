import { defineDiagnostic, failed, passed } from "../diagnostic.ts";

export default defineDiagnostic({
  name: "audit-chain-unbroken",
  summary: "Every row of the audit log is as it was written",
  suites: ["full"],
  timeoutSeconds: 60,
  async run({ ports }) {
    const { rows, firstBad, head } = await ports.audit.verify();
    if (firstBad !== null) return failed("npm run audit verify", `a-${firstBad.seq}: ${firstBad.why}`);
    return passed(`${rows} rows, head ${head.slice(0, 12)}`);
  },
});
