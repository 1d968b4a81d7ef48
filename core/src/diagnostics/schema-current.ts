import { defineDiagnostic } from "../diagnostic.ts";
import { findDependencies } from "../find-dependency.ts";

export default defineDiagnostic({
  name: "schema-current",
  summary: "PostgreSQL answers and has every migration of this version",
  suites: ["smoke", "full"],
  timeoutSeconds: 2,
  run: async ({ ports }) =>
    findDependencies(ports, { names: ["postgres"], well: "answers, and every migration is applied" }),
});
