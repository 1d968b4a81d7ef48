import { z } from "zod";
import { defineCommand } from "../command.ts";
import { findOut, SUITES, toStage } from "../diagnostic.ts";
import { DIAGNOSTICS_COMMAND } from "../diagnostic-run.ts";
import { loadDiagnostics } from "../load-diagnostics.ts";

const diagnostics = await loadDiagnostics();
const input = z.strictObject({ suite: z.enum(SUITES).describe("Which checks: smoke or full") });

export default defineCommand({
  name: DIAGNOSTICS_COMMAND,
  aliases: [],
  kind: "act",
  summary: "Check everything that the fleet stands on",
  role: "operator",
  danger: 1,
  input,
  words: ["suite"],
  examples: ["diag run smoke", "diag run full"],
  targets: async () => [],
  subjects(raw) {
    const { suite } = input.parse(raw);
    return diagnostics.filter(({ suites }) => suites.includes(suite)).map(({ name }) => name);
  },
  stages: [
    {
      name: "check",
      async run({ agent: name }, context) {
        const diagnostic = diagnostics.find((candidate) => candidate.name === name);
        if (diagnostic === undefined)
          return { state: "failed", error: `this version has no check ${name}`, ending: "failed" };
        return toStage(await findOut(diagnostic, context));
      },
    },
  ],
});
