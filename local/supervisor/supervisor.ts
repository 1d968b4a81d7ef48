import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { followLogFiles } from "@rollcall/core/adapters/log-files/log-files.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { oneAtATime } from "@rollcall/core/in-turn.ts";
import type { LogPiece } from "@rollcall/core/ports/log-source.ts";
import type { ProcessState, Supervisor } from "@rollcall/core/ports/supervisor.ts";
import { endProcesses, findMarkedProcesses } from "../tools/own-processes.ts";
import { type AgentProcess, startAgentProcess } from "./agent-process.ts";
import { agentSawStart, openCommandLedger } from "./command-ledger.ts";
import { readLastLines } from "./output-log.ts";

/** Environment variable that every process of a supervisor carries; its value is the supervisor's folder. */
export const SUPERVISOR_MARK = "ROLLCALL_SUPERVISED_IN";

/** An agent that may be started. */
export interface KnownAgent {
  readonly id: string;
  /** Program and arguments, as fleet.yaml declares them. */
  readonly command?: readonly string[] | undefined;
}

/** Is told what becomes of the agents' processes. */
export interface ProcessWatch {
  /** `isAgain`: this supervisor had started the agent before. */
  started(start: { isAgain: boolean }): void;
  notStarted(): void;
  exited(exit: NonNullable<ProcessState["exit"]>): void;
}

export interface SupervisorOptions {
  /** Holds the command ledger; also what tells the processes of two supervisors apart. */
  readonly dir: string;
  /** One folder per agent below it, for the agent's own ledger. */
  readonly agentsDir: string;
  readonly logsDir: string;
  /** Agents that it may start; asked each time, so that a provisioned agent is known at once. */
  readonly knownAgents: () => Promise<readonly KnownAgent[]>;
  /** What is run for an agent that declares no command. */
  readonly program: { readonly path: string; readonly args: readonly string[]; readonly cwd: string };
  /** Environment of one agent's process, without what the supervisor adds itself. */
  readonly environmentOf: (agent: string) => Readonly<Record<string, string>>;
  readonly watch?: ProcessWatch;
  readonly onProblem?: (problem: string) => void;
}

/** The built-in supervisor: starts and ends agents as child processes, and never restarts one by itself. */
export interface BuiltInSupervisor extends Supervisor {
  output(agent: string, lines: number): Promise<string[]>;
  /** What all agents wrote after a place; null: from the beginning of what is kept. */
  logs(after: string | null): Promise<LogPiece>;
  /** SIGTERM to all agents at once, SIGKILL after `graceMs`. */
  stopAll(graceMs: number): Promise<void>;
}

/** Ends what an earlier supervisor of the same folder left behind, then takes commands. */
export async function openSupervisor(options: SupervisorOptions): Promise<BuiltInSupervisor> {
  for (const folder of [options.dir, options.agentsDir, options.logsDir]) mkdirSync(folder, { recursive: true });
  // Two processes of one agent would both work: end the old ones before anything can be started.
  await endProcesses(findMarkedProcesses(SUPERVISOR_MARK, options.dir), 2_000);
  const ledger = openCommandLedger(join(options.dir, "commands.jsonl"));
  const processes = new Map<string, AgentProcess>();
  const inTurn = oneAtATime();
  const { logsDir: folder, onProblem = () => undefined } = options;
  const logs = followLogFiles({ name: "supervisor", kind: "agent", folder, onProblem });
  let isStopping = false;

  const stateOf = (agent: string): ProcessState => processes.get(agent)?.state() ?? neverStarted(agent);
  const requireKnown = async (agent: string): Promise<KnownAgent> => {
    const known = (await options.knownAgents()).find(({ id }) => id === agent);
    if (known === undefined) throw new Failure("unknown_agent", `No agent ${agent} here`, { found: agent });
    return known;
  };
  const agentDir = (agent: string) => join(options.agentsDir, agent);
  const logFile = (agent: string) => join(options.logsDir, `${agent}.log`);

  /** Runs the effect unless the id was applied before. */
  const once = async (command: Command, run: () => Promise<void>): Promise<ProcessState> => {
    const entry = ledger.find(command.id);
    const effect = `${command.verb} ${command.agent}`;
    if (entry !== null && entry.effect !== effect)
      throw new Failure("invalid_input", `Command id ${command.id} was used for "${entry.effect}"`, { found: effect });
    if (entry?.answer) return entry.answer;
    // Begun before a crash of ours: the agent's own ledger tells whether it ran.
    if (entry !== null && command.verb === "start" && agentSawStart(ledgerOf(command.agent), command.id))
      return stateOf(command.agent);
    if (entry === null) ledger.begin(command.id, effect);
    await run();
    const answer = stateOf(command.agent);
    ledger.finish(command.id, answer);
    return answer;
  };
  const ledgerOf = (agent: string) => join(agentDir(agent), "applied.jsonl");

  const spawnAgent = async ({ id: agent, command }: KnownAgent, commandId: string) => {
    if (isStopping) throw new Failure("unavailable", "The supervisor is stopping");
    if (stateOf(agent).state === "running") return;
    mkdirSync(agentDir(agent), { recursive: true });
    const env = {
      ...options.environmentOf(agent),
      [SUPERVISOR_MARK]: options.dir,
      ROLLCALL_AGENT: agent,
      ROLLCALL_AGENT_DIR: agentDir(agent),
      ROLLCALL_STARTED_BY: commandId,
    };
    const program = { agent, ...options.program, ...programOf(command), env, logFile: logFile(agent) };
    const started = await startAgentProcess(program).catch((error: unknown) => {
      options.watch?.notStarted();
      return notStarted(program, error);
    });
    options.watch?.started({ isAgain: processes.has(agent) });
    void started.exited.then((exit) => options.watch?.exited(exit));
    processes.set(agent, started);
  };

  return {
    async list() {
      const known = (await options.knownAgents()).map(({ id }) => id);
      return [...new Set([...known, ...processes.keys()])].map(stateOf);
    },
    async inspect(agent) {
      await requireKnown(agent);
      return stateOf(agent);
    },
    async start(agent, commandId) {
      const known = await requireKnown(agent);
      return inTurn(agent, () => once({ agent, verb: "start", id: commandId }, () => spawnAgent(known, commandId)));
    },
    async kill(agent, { commandId, pid, graceMs = 0 }) {
      await requireKnown(agent);
      return inTurn(agent, () =>
        once({ agent, verb: "kill", id: commandId }, async () => {
          const running = processes.get(agent);
          if (running?.pid !== pid) return;
          await stopProcess(running, graceMs);
        }),
      );
    },
    async output(agent, lines) {
      await requireKnown(agent);
      return readLastLines(logFile(agent), lines);
    },
    logs: (after) => logs.read(after),
    async stopAll(graceMs) {
      isStopping = true;
      await Promise.all([...processes.values()].map((running) => stopProcess(running, graceMs)));
      ledger.close();
    },
  };
}

interface Command {
  readonly agent: string;
  readonly verb: "start" | "kill";
  readonly id: string;
}

const neverStarted = (agent: string): ProcessState => ({
  agent,
  state: "never-started",
  pid: null,
  startedAt: null,
  exit: null,
  lastErrors: [],
});

function programOf(command: readonly string[] | undefined): { path: string; args: readonly string[] } | null {
  const [path, ...args] = command ?? [];
  return path === undefined ? null : { path, args };
}

function notStarted({ agent, path }: { agent: string; path: string }, error: unknown): never {
  const why = (error as NodeJS.ErrnoException).code ?? "unknown error";
  throw new Failure("unavailable", `the program ${path} of ${agent} cannot be started: ${why}`, { cause: error });
}

async function stopProcess(running: AgentProcess, graceMs: number): Promise<void> {
  if (running.state().state !== "running") return;
  running.signal(graceMs > 0 ? "SIGTERM" : "SIGKILL");
  const force = setTimeout(() => running.signal("SIGKILL"), graceMs);
  await running.exited;
  clearTimeout(force);
}
