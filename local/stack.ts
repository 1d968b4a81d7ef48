import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { isFailure } from "@rollcall/core/domain/failure.ts";
import { readFleetFile } from "@rollcall/core/fleet-file.ts";
import { writeAccessFile } from "./stack/access-file.ts";
import { LISTENERS, type ListenerName, type ProcessName, portsAt, StartFailure } from "./stack/addresses.ts";
import { type Addresses, addressesOf, type StackContext } from "./stack/context.ts";
import { createKeeper, type Keeper } from "./stack/keeper.ts";
import { type Layout, layOut, REPOSITORY, STACK_MARK } from "./stack/layout.ts";
import { takeLock } from "./stack/lock.ts";
import { checkDisk, checkPorts, STEPS } from "./stack/preflight.ts";
import { logFileOf } from "./stack/programs.ts";
import { type Progress, SILENT } from "./stack/progress.ts";
import { hasLauncher, type ProcessRow, type RunState, readRunState, writeRunState } from "./stack/run-state.ts";
import { readOrMakeSecrets, type Secrets } from "./stack/secrets.ts";
import { readCredentials, readSettings, type Settings } from "./stack/settings.ts";
import { runSteps, type Start } from "./stack/steps.ts";
import { stopProcesses } from "./stack/stop-processes.ts";
import { endProcesses, findMarkedProcesses, readStartTicks } from "./tools/own-processes.ts";
import { POSTGRES_HOME_AS_ROOT } from "./tools/postgres-server.ts";

export interface StackOptions {
  /** ROLLCALL_DATA_DIR; `.rollcall` of the repository if not given. */
  readonly dataDir?: string;
  /** ROLLCALL_PORT_OFFSET, as a number or as it was typed. */
  readonly portOffset?: number | string;
  readonly fleetFile?: string;
  readonly accessFile?: string;
  /** Instead of `.env` and the environment. */
  readonly settings?: Settings;
  /** For every process of the stack: `NODE_V8_COVERAGE`, `ROLLCALL_LEASE_SECONDS`. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Where unpacked programs lie, to share them between stacks; below the data folder if not given. */
  readonly toolsDir?: string;
  readonly progress?: Progress;
  /** Aborts a start: everything is stopped again. */
  readonly signal?: AbortSignal;
}

/** The whole stack, running. */
export interface Stack {
  readonly addresses: Addresses;
  readonly secrets: Secrets;
  readonly layout: Layout;
  /** Name of the fleet. */
  readonly fleet: string;
  /** What a process of the stack is doing; the agents are the supervisor's. @throws Error for a name that is not there */
  process(name: ProcessName): ProcessRow;
  processes(): readonly ProcessRow[];
  /** Sends a signal. A process that ends by it is started again, as after any other end. */
  kill(name: ProcessName, signal?: NodeJS.Signals): void;
  /** Ends a process and starts it again at once. Does not wait until it is ready. */
  restart(name: ProcessName): Promise<void>;
  /** Ends a process and keeps it down until `release`. */
  hold(name: ProcessName): Promise<void>;
  release(name: ProcessName): Promise<void>;
  /** Ends everything; data stays. A second call waits for the first. */
  stop(): Promise<StopResult>;
}

export interface StopResult {
  readonly processes: number;
  readonly seconds: number;
}

/**
 * Starts the whole stack and waits until the fleet works.
 * @throws StartFailure in one sentence, with nothing left running
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const progress = options.progress ?? SILENT;
  const settings = options.settings ?? readSettings(join(REPOSITORY, ".env"));
  const layout = layOut(options.dataDir ?? settings.ROLLCALL_DATA_DIR ?? join(REPOSITORY, ".rollcall"));
  const lock = await takeLock(layout.id);
  if (lock === null) throw alreadyRunning(layout);
  let keeper: Keeper | undefined;
  let start: Start | undefined;
  try {
    await endLeftOvers(layout, progress);
    const context = await prepare(options, { settings, layout });
    const record = recorder(context, progress);
    keeper = createKeeper({
      say: (sentence) => progress.say(sentence),
      onChange: record.rows,
      logOf: (name) => logFileOf(context, name),
    });
    start = runSteps(context, { keeper, progress, tools: options.toolsDir ?? layout.tools });
    await unlessAborted(start.ready, options.signal);
    keeper.watch();
    record.phase("ready");
    return control(context, { keeper, record, release: lock.release });
  } catch (error) {
    keeper?.giveUp();
    await keeper?.stop(keeper.rows().map(({ name }) => name));
    // A step that was under way ends when it finds its processes gone.
    await Promise.race([start?.settled, setTimeout(15_000, undefined, { ref: false })]);
    await endProcesses(findMarkedProcesses(STACK_MARK, layout.root), 5_000);
    await lock.release();
    throw asStartFailure(error);
  }
}

function alreadyRunning(layout: Layout): StartFailure {
  const state = readRunState(layout.stateFile);
  const who = state !== null && hasLauncher(state) ? ` (pid ${state.launcher.pid})` : "";
  return new StartFailure(
    `Rollcall is running already with the data in ${layout.root}${who}. npm run status shows it, npm stop ends it.`,
    { isRunning: true },
  );
}

// Whoever kept them was killed; two of each would get in each other's way.
async function endLeftOvers(layout: Layout, progress: Progress): Promise<void> {
  const leftOvers = findMarkedProcesses(STACK_MARK, layout.root);
  if (leftOvers.length === 0) return;
  progress.say(`Ending ${leftOvers.length} processes that an earlier start left behind.`);
  await endProcesses(leftOvers, 5_000);
}

async function prepare(
  options: StackOptions,
  { settings, layout }: { settings: Settings; layout: Layout },
): Promise<StackContext> {
  const ports = portsAt(String(options.portOffset ?? (settings.ROLLCALL_PORT_OFFSET || "0")));
  const credentials = readCredentials(settings);
  const fleetFile = resolve(options.fleetFile ?? (settings.ROLLCALL_FLEET_FILE || join(REPOSITORY, "fleet.yaml")));
  const fleet = await readFleetFile(fleetFile);
  await checkDisk([layout.root, ...(existsSync(POSTGRES_HOME_AS_ROOT) ? [POSTGRES_HOME_AS_ROOT] : [])]);
  const unused: ListenerName[] = [
    ...(credentials.slack === null ? [] : ["slack" as const]),
    ...(credentials.google === null ? [] : ["google" as const]),
    ...(credentials.pagerdutyRoutingKey === null ? [] : ["pagerduty" as const]),
    ...(credentials.grafana === null ? [] : ["grafana" as const]),
  ];
  const used = LISTENERS.map(({ name }) => name).filter((name) => !unused.includes(name));
  await checkPorts(ports, used);
  const secrets = readOrMakeSecrets(layout.secretsFile);
  const accessFile = resolve(options.accessFile ?? (settings.ROLLCALL_ACCESS_FILE || layout.accessFile));
  writeAccessFile(layout.accessFile, secrets, new Date());
  const environment = options.environment ?? {};
  return { layout, ports, secrets, settings, credentials, fleet, fleetFile, accessFile, environment };
}

interface Recorder {
  readonly rows: (rows: readonly ProcessRow[]) => void;
  readonly phase: (phase: RunState["phase"], stopped?: StopResult) => void;
}

/** Keeps `run/state.json` true for `npm run status` and `npm stop`. */
function recorder({ layout, fleet }: StackContext, progress: Progress): Recorder {
  let state: RunState = {
    launcher: { pid: process.pid, startTicks: readStartTicks(process.pid) ?? "" },
    phase: "starting",
    startedAt: Date.now(),
    fleet: fleet.fleet,
    processes: [],
    stopped: null,
  };
  const change = (news: Partial<RunState>) => {
    state = { ...state, ...news };
    try {
      writeRunState(layout.stateFile, state);
    } catch (error) {
      // Without the record, npm stop still finds every process by its mark.
      progress.say(`cannot write ${layout.stateFile}: ${(error as Error).message}`);
    }
  };
  change({});
  return {
    rows: (processes) => change({ processes: [...processes] }),
    phase: (phase, stopped) => change({ phase, stopped: stopped ?? null }),
  };
}

interface Running {
  readonly keeper: Keeper;
  readonly record: Recorder;
  readonly release: () => Promise<void>;
}

function control(context: StackContext, { keeper, record, release }: Running): Stack {
  let stopping: Promise<StopResult> | undefined;
  const find = (name: string) => {
    const row = keeper.rows().find((candidate) => candidate.name === name);
    if (row === undefined) throw new Error(`No process ${name} in this stack`);
    return row;
  };
  const stop = async (): Promise<StopResult> => {
    record.phase("stopping");
    const result = await stopProcesses(context.layout, keeper);
    record.phase("stopped", result);
    await release();
    return result;
  };
  return {
    addresses: addressesOf(context),
    secrets: context.secrets,
    layout: context.layout,
    fleet: context.fleet.fleet,
    process: find,
    processes: keeper.rows,
    kill: (name, signal = "SIGKILL") => keeper.signal(name, signal),
    async restart(name) {
      await keeper.hold(name);
      await keeper.release(name);
    },
    hold: keeper.hold,
    release: keeper.release,
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
}

function unlessAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(new StartFailure("Stopped before it was ready."));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject);
  });
}

// A file with one mistake everywhere has as many problems as lines.
const MOST_PROBLEMS = 3;

/** One line for whatever went wrong. */
function asStartFailure(error: unknown): StartFailure {
  if (error instanceof StartFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  const [first = "", ...problems] = message.trim().split(/\s*\n\s*/);
  const more = problems.length - MOST_PROBLEMS;
  const shown = [...problems.slice(0, MOST_PROBLEMS), ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
  return new StartFailure(`${first} ${shown}`.trim(), isFailure(error) ? {} : { cause: error });
}

export { STEPS, StartFailure };
