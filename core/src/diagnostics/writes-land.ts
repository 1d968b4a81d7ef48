import { defineDiagnostic, failed, passed } from "../diagnostic.ts";

export default defineDiagnostic({
  name: "writes-land",
  summary: "PostgreSQL holds this run and its audit rows",
  suites: ["smoke", "full"],
  timeoutSeconds: 8,
  async run({ ports, operation }) {
    const { id } = operation;
    const [row, audit] = await Promise.all([
      ports.operations.find(id),
      ports.audit.search({ operationId: id, limit: 10 }),
    ]);
    const events = new Set(audit.map(({ event }) => event));
    const lost = [
      ...(row?.state === "running" ? [] : [`${id} is stored as ${row?.state ?? "nothing"}`]),
      ...(["intent", "dispatch"] as const).filter((event) => !events.has(event)).map((event) => `no ${event} row`),
    ];
    if (lost.length > 0) return failed("status", ...lost);
    return passed(`${id} and ${audit.length} audit rows`);
  },
});
