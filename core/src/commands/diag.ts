import { z } from "zod";
import { defineCommand } from "../command.ts";
import { SUITES } from "../diagnostic.ts";
import { lookAction } from "../fleet-report.ts";
import { counted } from "../fleet-words.ts";
import { loadDiagnostics } from "../load-diagnostics.ts";
import { mayUse } from "../open-commands.ts";

const diagnostics = await loadDiagnostics();

export default defineCommand({
  name: "diag",
  aliases: ["diagnostics"],
  kind: "read",
  summary: "List the checks that diagnostics make",
  role: "viewer",
  danger: 0,
  input: z.strictObject({}),
  words: [],
  examples: ["diag"],
  async run(_, context) {
    const sizes = SUITES.map(
      (suite) => `${suite} ${diagnostics.filter(({ suites }) => suites.includes(suite)).length}`,
    );
    const mayRun = mayUse("diag-run", context);
    return {
      headline: `*${counted(diagnostics.length, "check")}*`,
      context: `${sizes.join(", ")} · \`/fleet diag run smoke\` runs them`,
      lines: diagnostics.map(({ name, summary, suites }) => {
        return `*${name}* ${summary}${suites.includes("smoke") ? "" : " · only in full"}`;
      }),
      fields: [],
      actions: [
        ...(mayRun ? SUITES.map((suite) => lookAction(`Run ${suite}`, "diag-run", { suite })) : []),
        lookAction("History", "diag-history", {}),
      ],
      sameAs: "same as /fleet diag",
      data: {
        suites: SUITES,
        diagnostics: diagnostics.map(({ name, summary, suites, timeoutSeconds }) => ({
          ...{ name, summary, suites, timeoutSeconds },
        })),
      },
    };
  },
});
