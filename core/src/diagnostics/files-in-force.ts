import { defineDiagnostic } from "../diagnostic.ts";
import { findDependencies } from "../find-dependency.ts";

export default defineDiagnostic({
  name: "files-in-force",
  summary: "The files fleet.yaml and access.yaml are in force as they are on disk",
  suites: ["smoke", "full"],
  timeoutSeconds: 2,
  run: async ({ ports }) =>
    findDependencies(ports, { names: ["fleet.yaml", "access.yaml"], well: "fleet.yaml and access.yaml are in force" }),
});
