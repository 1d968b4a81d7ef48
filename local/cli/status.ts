import { connectBuiltInSupervisor } from "@rollcall/core/adapters/supervisors/built-in.ts";
import type { ProcessState } from "@rollcall/core/ports/supervisor.ts";
import { readDesiredStates } from "../stack/desired-states.ts";
import { type Layout, layOut, STACK_MARK, shownPath } from "../stack/layout.ts";
import { readMemory } from "../stack/memory.ts";
import { hasLauncher, type RunState, readRunState } from "../stack/run-state.ts";
import { findMarkedProcesses, readStartTicks } from "../tools/own-processes.ts";
import { chosenDataDir } from "./shared-words.ts";

interface Row {
  readonly name: string;
  readonly state: string;
  readonly pid: number | null;
  readonly port: number | null;
  readonly startedAt: number | null;
  readonly isWell: boolean;
}

/** `npm run status`. @returns 0 only if everything runs that should */
export async function run(): Promise<number> {
  const layout = layOut(chosenDataDir());
  const state = readRunState(layout.stateFile);
  if (state === null || !hasLauncher(state)) return sayNotRunning(layout);
  const rows = [...stackRows(state), ...(await agentRows(layout, state))];
  const now = Date.now();
  console.log(`Rollcall is ${state.phase} since ${age(state.startedAt, now)} · data in ${shownPath(layout.root)}`);
  printTable(rows, now);
  const sick = rows.filter(({ isWell }) => !isWell);
  const running = rows.filter(({ pid }) => pid !== null);
  const memory = readMemory([state.launcher.pid, ...running.map(({ pid }) => pid as number)]);
  const summary = `${running.length} processes run, ${(memory / 1e9).toFixed(1)} GB of memory`;
  if (sick.length === 0 && state.phase === "ready") {
    console.log(`${summary}.`);
    return 0;
  }
  console.log(`${summary}; not well: ${sick.map(({ name }) => name).join(", ") || `still ${state.phase}`}.`);
  return 1;
}

function sayNotRunning({ root }: Layout): number {
  const leftOvers = findMarkedProcesses(STACK_MARK, root);
  console.log(
    leftOvers.length === 0
      ? `Not running with the data in ${root}. npm start starts it.`
      : `Not running, but an earlier start left ${leftOvers.length} processes behind. npm stop ends them.`,
  );
  return 1;
}

const stackRows = (state: RunState): Row[] =>
  state.processes.map((row) => {
    const isThere = row.pid !== null && readStartTicks(row.pid) !== null;
    const restarts = row.restarts === 0 ? "" : `, restarted ${row.restarts}×, last ${row.ending}`;
    return {
      ...row,
      pid: isThere ? row.pid : null,
      state: `${isThere ? row.state : row.state === "running" ? "ended" : row.state}${restarts}`,
      isWell: isThere,
    };
  });

async function agentRows(layout: Layout, state: RunState): Promise<Row[]> {
  try {
    const [agents, desired] = await Promise.all([
      connectBuiltInSupervisor(layout.supervisorSocket).list(),
      readDesiredStates(layout, state),
    ]);
    return agents.map((agent) => agentRow(agent, desired.get(agent.agent) ?? "running"));
  } catch {
    return [{ name: "agents", state: "unknown: no supervisor", pid: null, port: null, startedAt: null, isWell: false }];
  }
}

function agentRow({ agent, state, pid, startedAt, exit }: ProcessState, desired: string): Row {
  const isOff = desired === "stopped" && state !== "running";
  const ending = exit === null ? "" : ` (${exit.signal ?? `exit ${exit.code}`})`;
  const words = state === "running" ? "running" : isOff ? "stopped on purpose" : `${state}${ending}`;
  return {
    name: agent,
    state: words,
    pid,
    port: null,
    startedAt: pid === null ? null : startedAt,
    isWell: state === "running" || isOff,
  };
}

function printTable(rows: readonly Row[], now: number): void {
  const cells = rows.map(({ name, state, pid, port, startedAt, isWell }) => [
    `${isWell ? " " : "✗"} ${name}`,
    state,
    String(pid ?? "–"),
    String(port ?? "–"),
    pid === null || startedAt === null ? "–" : age(startedAt, now),
  ]);
  const table = [["  process", "state", "pid", "port", "age"], ...cells];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...table.map((row) => (row[column] as string).length)));
  for (const row of table)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] as number))
        .join("  ")
        .trimEnd(),
    );
}

function age(since: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - since) / 1000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}
