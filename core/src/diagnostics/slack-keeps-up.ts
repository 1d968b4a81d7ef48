import { defineDiagnostic } from "../diagnostic.ts";
import { findDependencies } from "../find-dependency.ts";

export default defineDiagnostic({
  name: "slack-keeps-up",
  summary: "No message in Slack is more than a minute behind its row",
  suites: ["smoke", "full"],
  timeoutSeconds: 2,
  run: async ({ ports }) => findDependencies(ports, { names: ["slack"], well: "Slack takes what is sent" }),
});
