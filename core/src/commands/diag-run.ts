import { z } from "zod";
import { type ActContext, defineCommand } from "../command.ts";
import { failed, findOut, SUITES, toStage } from "../diagnostic.ts";
import { leftBy, unlessCancelled } from "../diagnostic-cancel.ts";
import { DIAGNOSTICS_COMMAND } from "../diagnostic-run.ts";
import { ageSeconds } from "../domain/freshness.ts";
import { loadDiagnostics } from "../load-diagnostics.ts";

const diagnostics = await loadDiagnostics();
const input = z.strictObject({ suite: z.enum(SUITES).describe("Which checks: smoke or full") });

/** More than all checks of a suite may take together; only a run that was left lying for a while comes near. */
const LONGEST_RUN_SECONDS = 300;
const MINUTES = LONGEST_RUN_SECONDS / 60;

const secondsUnderWay = ({ ports, operation }: ActContext): number =>
  ageSeconds(operation.startedAt ?? operation.createdAt, ports.clock.now());

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
        const late = secondsUnderWay(context) - LONGEST_RUN_SECONDS;
        if (late > 0)
          return toStage(failed("diag run smoke", `the run was ended: it has taken ${MINUTES} min already`));
        return unlessCancelled(context, async () => toStage(await findOut(diagnostic, context)));
      },
      whenCancelled: (by) => leftBy(by),
    },
  ],
});
