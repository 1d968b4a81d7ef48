import { type DeclaredRun, refuseRunInputs } from "@rollcall/core/protocol/declared-run.ts";
import type { ControlMessage } from "@rollcall/core/protocol.ts";
import type { HealthProbe, RunOnDemand, WorkContext } from "./handler.ts";
import type { Intake } from "./intake.ts";
import { messageOf } from "./log.ts";
import type { TaskMeter } from "./metrics/latency.ts";
import { Interrupted, pause } from "./persist.ts";
import type { Outcome } from "./replies.ts";
import type { WorkQueue } from "./work-queue.ts";

export interface OrderParts {
  readonly intake: Intake;
  readonly queue: WorkQueue;
  readonly runs: Readonly<Record<string, RunOnDemand>>;
  readonly health: HealthProbe | undefined;
  readonly context: WorkContext;
  meterOf(name: string): TaskMeter;
  /** Items that were taken and are not finished. */
  held(): number;
  /** Lets the fleet know at once how it is. */
  tell(): Promise<void>;
}

/** What people order of an agent that is neither its end nor a drill. */
export interface Orders {
  /** Why it is not obeyed here; null if it may be. */
  refuse(message: ControlMessage): Outcome | null;
  /** Pause, resume, run: resolves when it is so. */
  obey(message: ControlMessage): Promise<Outcome>;
  /** Takes nothing new; resolves when nothing is held any more, or the agent ends. */
  drain(): Promise<Outcome>;
  /** Asks the agent's own probe, for as long as the deadline allows. @param withinMs until then it must have answered */
  examine(withinMs: number): Promise<Outcome>;
}

const TELL_EVERY_MS = 1000;
const LOOK_EVERY_MS = 50;

export function createOrders(parts: OrderParts): Orders {
  const { intake, health } = parts;
  return {
    refuse(message) {
      if (message.kind === "run") return refuseRun(parts, message);
      if (message.kind === "health" && health === undefined) return refused("it has no probe of its own");
      const isStanding = message.kind === "pause" || message.kind === "resume";
      return isStanding && intake.state() === "draining" ? refused("it is draining, and stops then") : null;
    },
    async obey(message) {
      if (message.kind === "run") return beginRun(parts, message);
      if (message.kind === "pause") intake.pause();
      else intake.resume();
      await parts.tell();
      return { outcome: "done", detail: message.kind === "pause" ? heldWords(parts.held()) : null };
    },
    drain: () => drain(parts),
    examine: (withinMs) => examine(parts, withinMs),
  };
}

const refused = (detail: string): Outcome => ({ outcome: "refused", detail });

const heldWords = (held: number): string | null =>
  held === 0 ? null : `${held} item${held === 1 ? "" : "s"} in hand wait`;

async function drain({ intake, held, tell, context: { signal } }: OrderParts): Promise<Outcome> {
  intake.drain();
  let toldAt = Number.NEGATIVE_INFINITY;
  const first = held();
  while (held() > 0 && !signal.aborted) {
    if (performance.now() - toldAt >= TELL_EVERY_MS) {
      await tell();
      toldAt = performance.now();
    }
    await pause(LOOK_EVERY_MS, signal);
  }
  return { outcome: "done", detail: first === 0 ? "nothing was in hand" : `${first} finished` };
}

async function examine({ health, context }: OrderParts, withinMs: number): Promise<Outcome> {
  const waiting = new AbortController();
  const late = pause(withinMs, waiting.signal).then(
    (): Outcome => ({
      outcome: "failed",
      detail: `its probe did not end in ${(withinMs / 1000).toFixed(1)} s`,
    }),
  );
  try {
    return await Promise.race([ask(health, context), late]);
  } finally {
    waiting.abort();
  }
}

async function ask(health: HealthProbe | undefined, context: WorkContext): Promise<Outcome> {
  try {
    const said = await health?.(context);
    return { outcome: "done", detail: said ?? null };
  } catch (error) {
    return { outcome: "failed", detail: messageOf(error) };
  }
}

/** What the agent declares of its runs in its heartbeat. */
export const declaredRuns = (runs: OrderParts["runs"]): DeclaredRun[] =>
  Object.entries(runs).map(([name, { about, inputs = {} }]) => ({ name, about, inputs: { ...inputs } }));

function refuseRun({ runs, intake }: OrderParts, { args }: ControlMessage): Outcome | null {
  const declared = declaredRuns(runs).find(({ name }) => name === args.run);
  if (declared === undefined) {
    const known = Object.keys(runs).join(", ");
    return refused(known === "" ? "it begins no runs on demand" : `it has no run "${args.run}"; it has ${known}`);
  }
  if (args.runId === undefined) return refused("the order names no run id");
  if (intake.state() !== "open") return refused(`it is ${intake.state()} and begins nothing new`);
  const wrong = refuseRunInputs(declared, args.inputs ?? {});
  return wrong === null ? null : refused(wrong);
}

/** Begun is what is reported and waits for the work loop: from there on the reports tell how it goes. */
async function beginRun(parts: OrderParts, { args }: ControlMessage): Promise<Outcome> {
  const { queue, context, meterOf } = parts;
  const { run: name = "", runId: id = "", inputs = {} } = args;
  const run = parts.runs[name] as RunOnDemand;
  const of = typeof run.steps === "number" ? run.steps : run.steps(inputs);
  const { withinSeconds, endedBy = [] } = run;
  try {
    await context.runs.start({ id, name, of, withinSeconds, endedBy });
  } catch (error) {
    return { outcome: "failed", detail: messageOf(error) };
  }
  const meter = meterOf(name);
  queue.add({
    name,
    async run() {
      try {
        await run.begin({ id, inputs }, context);
        meter.done();
      } catch (error) {
        if (error instanceof Interrupted) return;
        meter.failed();
        context.log.warn("a run failed", { run: id, reason: messageOf(error) });
        await context.runs.end(id, "failed", messageOf(error)).catch(() => undefined);
      }
    },
  });
  return { outcome: "done", detail: id };
}
