import type { ProcessState } from "@rollcall/core/ports/supervisor.ts";
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { ProcessWatch } from "./supervisor.ts";

/** What the supervisor counts about itself and the processes that it keeps. */
export interface SupervisorMetrics {
  readonly registry: Registry;
  readonly watch: ProcessWatch;
  /** From now on its processes are shown by state. */
  show(supervisor: { list(): Promise<readonly ProcessState[]> }): void;
}

const STATES: readonly ProcessState["state"][] = ["running", "exited", "never-started"];

/** By no label for the agent: the exporter tells of each, and a fleet may have 10,000. */
export function createSupervisorMetrics({ version }: { version: string }): SupervisorMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: "rollcall_supervisor_" });
  new Gauge({
    name: "rollcall_build_info",
    help: "Always 1; its labels say what runs",
    labelNames: ["component", "version", "node"],
    registers,
  }).set({ component: "supervisor", version, node: process.versions.node }, 1);
  return { registry, watch: watchInto(registry), show: showInto(registry) };
}

function showInto(registry: Registry): SupervisorMetrics["show"] {
  let list: (() => Promise<readonly ProcessState[]>) | null = null;
  new Gauge({
    name: "rollcall_supervisor_processes",
    help: "Agents that the supervisor may start, by what became of their process; absent while their list cannot be read",
    labelNames: ["state"],
    registers: [registry],
    async collect() {
      this.reset();
      const processes = await list?.().catch(() => null);
      if (!processes) return;
      for (const state of STATES) this.set({ state }, processes.filter((one) => one.state === state).length);
    },
  });
  return (supervisor) => {
    list = () => supervisor.list();
  };
}

function watchInto(registry: Registry): ProcessWatch {
  const registers = [registry];
  const starts = new Counter({
    name: "rollcall_supervisor_starts_total",
    help: "Processes of agents that were started",
    registers,
  });
  const restarts = new Counter({
    name: "rollcall_supervisor_restarts_total",
    help: "Starts among them of an agent that this supervisor had started before",
    registers,
  });
  const failures = new Counter({
    name: "rollcall_supervisor_start_failures_total",
    help: "Starts that the operating system refused: no such program, no right to run it, no room for a process",
    registers,
  });
  const exits = new Counter({
    name: "rollcall_supervisor_exits_total",
    help: "Processes of agents that ended, by exit code, or by the signal that ended them; ordered ends are among them",
    labelNames: ["code"],
    registers,
  });
  return {
    started({ isAgain }) {
      starts.inc();
      if (isAgain) restarts.inc();
    },
    notStarted: () => failures.inc(),
    exited: ({ code, signal }) => exits.inc({ code: signal ?? String(code) }),
  };
}
