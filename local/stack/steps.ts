import { StartFailure } from "./addresses.ts";
import type { StackContext } from "./context.ts";
import { fetchTools } from "./fetch-tools.ts";
import { monitoringStep } from "./monitoring-step.ts";
import { STEPS } from "./preflight.ts";
import { controlStep, exporterStep, fleetStep, standInsStep } from "./program-steps.ts";
import type { Progress, StepResult } from "./progress.ts";
import type { Step, StepsOptions } from "./step.ts";
import { postgresStep, redisStep } from "./store-steps.ts";
import { warmCompileCache } from "./warm-cache.ts";

/** A start that is under way. */
export interface Start {
  /** Resolves when everything is ready. @throws StartFailure of the first step, in order, that failed */
  readonly ready: Promise<void>;
  /** Resolves when no step does anything any more, whatever became of it. */
  readonly settled: Promise<void>;
}

/** Brings everything up: each step begins as soon as those it needs are done, and all are shown in their order. */
export function runSteps(context: StackContext, options: StepsOptions): Start {
  const atReady: (() => Promise<void>)[] = [];
  const tools = fetchTools(options.tools);
  // Without it everything works, only slower.
  const warm = warmCompileCache(context).catch(() => undefined);
  const running = new Map<number, RunningStep>();
  const begin = (number: number, step: Step, needs: readonly Promise<unknown>[]) => {
    const begun = runStep({ number, step, needs });
    running.set(number, begun);
    return begun.result;
  };
  const postgres = begin(1, postgresStep(context, options), []);
  const redis = begin(2, redisStep(context, options, tools), []);
  const push = (act: () => Promise<void>) => atReady.push(act);
  const monitoring = begin(3, monitoringStep(context, options, { fetching: tools, atReady: push }), []);
  const standIns = begin(4, standInsStep(context, options), []);
  const control = begin(5, controlStep(context, options), [warm, postgres, redis]);
  const exporter = begin(6, exporterStep(context, options), [warm, redis]);
  void begin(7, fleetStep(context, options), [monitoring, standIns, control, exporter]);
  const results = [...running.values()].map(({ result }) => result);
  return {
    ready: showInOrder([...running.values()], options.progress).then(async () => {
      for (const act of atReady) await act();
    }),
    settled: Promise.allSettled([...results, warm]).then(() => undefined),
  };
}

interface RunningStep {
  readonly number: number;
  readonly title: string;
  readonly result: Promise<StepResult & { readonly seconds: number }>;
  /** Shows its news from now on. */
  watch(update: (detail: string) => void): void;
}

interface StepRun {
  readonly number: number;
  readonly step: Step;
  readonly needs: readonly Promise<unknown>[];
}

function runStep({ number, step, needs }: StepRun): RunningStep {
  let latest = "";
  let show: (detail: string) => void = () => undefined;
  const update = (detail: string) => {
    latest = detail;
    show(detail);
  };
  const run = async () => {
    await Promise.all(needs);
    const begin = Date.now();
    const result = await step.run(update);
    return { ...result, seconds: (Date.now() - begin) / 1000 };
  };
  const result = run();
  // Whoever shows the steps in order may give up at an earlier one.
  result.catch(() => undefined);
  return {
    number,
    title: step.title,
    result,
    watch(watcher) {
      show = watcher;
      if (latest !== "") watcher(latest);
    },
  };
}

async function showInOrder(steps: readonly RunningStep[], progress: Progress): Promise<void> {
  for (const { number, title, result, watch } of steps) {
    progress.begin(number, title);
    watch(progress.update);
    try {
      progress.done(await result);
    } catch (error) {
      if (error instanceof StartFailure && error.step !== null) throw error;
      const message = (error instanceof Error ? error.message : String(error))
        .trim()
        .split(/\s*\n\s*/)
        .join(" · ");
      throw new StartFailure(message, { step: `${number}/${STEPS} ${title}`, cause: error });
    }
  }
}
