import { defineDiagnostic } from "../diagnostic.ts";
import { findDependencies } from "../find-dependency.ts";

export default defineDiagnostic({
  name: "redis-keeps-messages",
  summary: "Redis takes what is written and throws nothing away when its memory is full",
  suites: ["smoke", "full"],
  timeoutSeconds: 2,
  run: async ({ ports }) =>
    findDependencies(ports, { names: ["redis"], well: "takes writes, maxmemory-policy noeviction" }),
});
