import { StartFailure } from "./addresses.ts";
import type { StackContext } from "./context.ts";
import { fetchTools } from "./fetch-tools.ts";
import { monitoringStep } from "./monitoring-step.ts";
import { STEPS } from "./preflight.ts";
import { controlStep, exporterStep, fleetStep, standInsStep } from "./program-steps.ts";
import type { Step, StepsOptions } from "./step.ts";
import { postgresStep, redisStep } from "./store-steps.ts";

/** Brings everything up in order; the next step begins when the one before is ready. @throws StartFailure */
export async function runSteps(context: StackContext, options: StepsOptions): Promise<void> {
  const tools = fetchTools(options.tools);
  const all: Step[] = [
    postgresStep(context, options),
    redisStep(context, options, tools),
    monitoringStep(context, options, tools),
    standInsStep(context, options),
    controlStep(context, options),
    exporterStep(context, options),
    fleetStep(context, options),
  ];
  for (const [index, { title, run }] of all.entries()) {
    options.progress.begin(index + 1, title);
    try {
      options.progress.done(await run(options.progress.update));
    } catch (error) {
      if (error instanceof StartFailure && error.step !== null) throw error;
      const message = (error instanceof Error ? error.message : String(error))
        .trim()
        .split(/\s*\n\s*/)
        .join(" · ");
      throw new StartFailure(message, { step: `${index + 1}/${STEPS} ${title}`, cause: error });
    }
  }
}
