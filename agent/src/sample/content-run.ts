import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunOnDemand, WorkContext } from "../handler.ts";
import type { MakeBehaviour } from "./behaviour.ts";
import { text } from "./fields.ts";

const RUN = "daily-content";
const ADVISORS = 24;
/** 20:30 and 05:00 in production; the demo starts a run every five minutes. */
const EVERY_MS = 5 * 60_000;
const FIRST_MS = 20_000;
/** A run starts this much later while the API budget is low. */
const BUDGET_PAUSE_MS = 60_000;

interface Run {
  readonly id: string;
  readonly startedAt: number;
  /** How many advisors it is for. */
  readonly advisors?: number;
  readonly delivered: string[];
  finished: boolean;
}

/** Starts a run, one job per advisor, and sees it delivered; a restart goes on with the run it finds in its file. */
export const contentOrchestrator: MakeBehaviour = async ({ dir, log }) => {
  const path = join(dir, "run.json");
  let run = await readRun(path);
  let dueAt = Math.max(Date.now() + FIRST_MS, run === null ? 0 : run.startedAt + EVERY_MS);
  const begin = async (id: string, advisors: number, { publish }: WorkContext) => {
    if (run !== null && !run.finished)
      log.warn("a run is not finished", { run: run.id, delivered: run.delivered.length });
    dueAt = Date.now() + EVERY_MS;
    run = { id, startedAt: Date.now(), advisors, delivered: [], finished: false };
    await writeRun(path, run);
    for (let index = 1; index <= advisors; index += 1) {
      const data = { run: id, advisor: `advisor-${index}`, tries: 0 };
      await publish("content.requested", data, { correlationId: id, runId: id });
    }
  };
  const start = async (context: WorkContext) => {
    if (Date.now() < dueAt) return;
    const id = `run-${context.now()}`;
    await context.runs.start({ id, name: RUN, of: ADVISORS, withinSeconds: EVERY_MS / 1000 });
    await begin(id, ADVISORS, context);
  };
  const onDemand: RunOnDemand = {
    about: "draft, check and deliver content for the advisors",
    inputs: {
      advisors: { kind: "number", about: "how many advisors", required: false, whole: true, min: 1, max: ADVISORS },
    },
    steps: ({ advisors = ADVISORS }) => Number(advisors),
    withinSeconds: EVERY_MS / 1000,
    begin: ({ id, inputs: { advisors = ADVISORS } }, context) => begin(id, Number(advisors), context),
  };
  return {
    handle: {
      "deliveries.*": async (event, { publish, runs }) => {
        const advisor = text(event, "advisor");
        if (run === null || event.data.run !== run.id || event.type !== "deliveries.sent") return;
        if (run.finished || run.delivered.includes(advisor)) return;
        run.delivered.push(advisor);
        run.finished = run.delivered.length === (run.advisors ?? ADVISORS);
        await writeRun(path, run);
        await runs.step(run.id, run.delivered.length, advisor);
        if (!run.finished) return;
        await runs.end(run.id, "completed");
        await publish("content.run-finished", {
          run: run.id,
          seconds: Math.round((Date.now() - run.startedAt) / 1000),
        });
      },
      "api.budget-low": () => {
        dueAt = Math.max(dueAt, Date.now() + BUDGET_PAUSE_MS);
      },
    },
    periodic: [{ name: "run-now", everyMs: 1000, run: start }],
    runs: { [RUN]: onDemand },
  };
};

async function readRun(path: string): Promise<Run | null> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Run;
  } catch {
    return null; // No run yet; a torn file cannot be, it is renamed into place.
  }
}

async function writeRun(path: string, run: Run): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(run));
  await rename(`${path}.new`, path);
}
