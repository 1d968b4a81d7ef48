import { join } from "node:path";
import { readFleetFile } from "@rollcall/core/fleet-file.ts";
import type { ExpectedAgent } from "@rollcall/core/protocol.ts";
import { type CrashStage, openCrashStage } from "./crash-points/stage.ts";
import { type Drill, type Outcome, outcome } from "./drill.ts";
import { openDoor, type SeenAgent, type VerdictDoor } from "./verdicts/door.ts";
import { FAULTS, type Fault, type Trial, until } from "./verdicts/faults.ts";

interface Extent {
  /** Of the sample fleet; all if left out. */
  readonly agents?: readonly string[];
  /** Names of the faults; all if left out. */
  readonly faults?: readonly string[];
}

/** What became of one cell: seen after so many seconds, or what was seen instead. */
interface Cell {
  readonly agent: string;
  readonly fault: string;
  readonly seconds: number | null;
  readonly problem: string | null;
}

/** All processes start at once, on a machine that may have other work. */
const WORKS_WITHIN_MS = 600_000;
const SEEN_WITHIN_MS = 90_000;

/** Every agent has every fault, and is stopped, paused and frozen; each has to be called by its right name. */
export const verdictsDrill = (extent: Extent = {}): Drill => ({
  name: "verdicts",
  about:
    "agents × every fault switch, paused, stopped and frozen: the right verdict in every cell, and nobody who works called stuck",
  async run(say) {
    const file = await readFleetFile(join(import.meta.dirname, "../../fleet.yaml"));
    const ids = extent.agents ?? file.agents.map(({ id }) => id);
    const faults = FAULTS.filter(({ name }) => extent.faults?.includes(name) ?? true);
    const stage = await openCrashStage({ agents: ids });
    try {
      const control = await stage.addControl();
      await control.ready();
      const door = openDoor(control.url);
      say(`${ids.length} agents start …`);
      await Promise.all(ids.map((id) => door.order("start", { who: [id] })));
      const desired = { state: "running", by: null, since: null, reason: null } as const;
      const agents = file.agents.filter(({ id }) => ids.includes(id)).map((agent) => ({ ...agent, desired }));
      const topics = [...new Set(file.agents.flatMap(({ publishes }) => publishes))];
      const cells: Cell[] = [];
      for (const fault of faults) {
        const tried = agents.filter((agent) => fault.fits?.(agent) ?? true);
        cells.push(...(await tryFault({ fault, agents: tried, topics, stage, door })));
        say(rowOf(fault, cells));
      }
      return [...faults.map((fault) => outcomeOf(fault, cells)), notStuck(cells, faults)];
    } finally {
      await stage.close();
    }
  },
});

interface Column {
  readonly fault: Fault;
  readonly agents: readonly ExpectedAgent[];
  readonly topics: readonly string[];
  readonly stage: CrashStage;
  readonly door: VerdictDoor;
}

/** One fault on all agents at once; they are whole again before the next one. */
async function tryFault({ fault, agents, topics, stage, door }: Column): Promise<Cell[]> {
  await allWork(door, agents);
  const before = new Map((await door.status()).map((seen) => [seen.id, seen]));
  const cells = await Promise.all(
    agents.map((agent) => tryCell(fault, { stage, door, agent, topics, before: before.get(agent.id) as SeenAgent })),
  );
  await allWork(door, agents);
  return cells;
}

const WORKING = ["working", "busy"];

/** @throws Error that names those that do not */
async function allWork(door: VerdictDoor, agents: readonly ExpectedAgent[]): Promise<void> {
  let others: string[] = [];
  const look = async () => {
    const seen = new Map((await door.status()).map(({ id, verdict }) => [id, verdict]));
    others = agents.flatMap(({ id }) => (WORKING.includes(seen.get(id) ?? "") ? [] : `${id} is ${seen.get(id)}`));
    return others.length === 0;
  };
  await until(look, WORKS_WITHIN_MS).catch((cause: unknown) => {
    throw new Error(`not all agents work after ${WORKS_WITHIN_MS / 60_000} min: ${others.join(", ")}`, { cause });
  });
}

async function tryCell(fault: Fault, trial: Trial): Promise<Cell> {
  const cell = { agent: trial.agent.id, fault: fault.name };
  let last = "nothing";
  try {
    await fault.begin(trial);
    const begunAt = performance.now();
    await until(
      async () => {
        const seen = (await trial.door.status()).find(({ id }) => id === trial.agent.id);
        last = seen === undefined ? "nothing" : `${seen.verdict}${seen.note === null ? "" : ` (${seen.note})`}`;
        return seen !== undefined && (await fault.isSeen(seen, trial));
      },
      SEEN_WITHIN_MS + trial.agent.normalSeconds * 1000,
    );
    return { ...cell, seconds: (performance.now() - begunAt) / 1000, problem: null };
  } catch (error) {
    return { ...cell, seconds: null, problem: `${(error as Error).message}; last seen: ${last}` };
  } finally {
    await fault.end(trial).catch(() => undefined);
  }
}

function rowOf(fault: Fault, cells: readonly Cell[]): string {
  const own = cells.filter((cell) => cell.fault === fault.name);
  const times = own.flatMap(({ seconds }) => seconds ?? []).toSorted((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)];
  const took =
    median === undefined ? "never seen" : `median ${median.toFixed(1)} s, slowest ${times.at(-1)?.toFixed(1)} s`;
  const wrong = own.filter(({ problem }) => problem !== null).map(({ agent, problem }) => `\n  ${agent}: ${problem}`);
  return `${fault.name.padEnd(18)} ${fault.wanted.padEnd(52)} ${times.length} of ${own.length}, ${took}${wrong.join("")}`;
}

function outcomeOf(fault: Fault, cells: readonly Cell[]): Outcome {
  const own = cells.filter((cell) => cell.fault === fault.name);
  const right = own.filter(({ problem }) => problem === null).length;
  return outcome(
    `${fault.name} is called ${fault.wanted}`,
    `${right} of ${own.length} agents`,
    right === own.length && own.length > 0,
  );
}

function notStuck(cells: readonly Cell[], faults: readonly Fault[]): Outcome {
  const wanted = faults.length > 0 && cells.length > 0;
  const wrong = cells.filter(({ problem }) => problem !== null).length;
  return outcome("cells with the right verdict", `${cells.length - wrong} of ${cells.length}`, wanted && wrong === 0);
}
