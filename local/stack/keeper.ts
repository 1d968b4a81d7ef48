import type { Child } from "../tools/child.ts";
import type { ProcessName } from "./addresses.ts";
import type { ProcessRow } from "./run-state.ts";

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
// A process that ran this long was well: its next end is a new story.
const STEADY_MS = 60_000;

/** How one process of the stack is brought up, each time. */
export interface KeptProcess {
  readonly name: ProcessName;
  readonly port: number | null;
  /** Starts it and resolves at once, or when it is ready. */
  readonly start: () => Promise<Child>;
  readonly stopSignal?: NodeJS.Signals;
  readonly graceMs?: number;
}

export interface KeeperOptions {
  /** A sentence for the person at the console. */
  readonly say: (sentence: string) => void;
  readonly onChange: (rows: readonly ProcessRow[]) => void;
  /** Of a process's log, for the sentence. */
  readonly logOf: (name: ProcessName) => string;
}

/** Keeps processes running: whichever ends unasked is said so and started again, after a growing delay. */
export interface Keeper {
  /** Brings a process up for the first time. @throws what its `start` throws */
  add(process: KeptProcess): Promise<void>;
  /** What has to be done each time the process runs again. */
  onRestart(name: string, act: () => Promise<void>): void;
  /** From now on, after the start, a process that has ended is started again. */
  watch(): void;
  rows(): ProcessRow[];
  signal(name: string, signal: NodeJS.Signals): void;
  /** Ends it and leaves it down until `release`. */
  hold(name: string): Promise<void>;
  /** Brings a held process up again. */
  release(name: string): Promise<void>;
  /** Ends them, all at once, for good. */
  stop(names: readonly string[]): Promise<void>;
  /** From now on nothing is started again. */
  giveUp(): void;
}

interface Kept {
  readonly process: KeptProcess;
  child: Child | null;
  row: ProcessRow;
  delayMs: number;
  afterRestart: () => Promise<void>;
  timer: NodeJS.Timeout | undefined;
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export function createKeeper({ say, onChange, logOf }: KeeperOptions): Keeper {
  const kept = new Map<string, Kept>();
  let isWatching = false;
  let isGivenUp = false;
  const rows = () => [...kept.values()].map(({ row }) => row);
  const change = (entry: Kept, news: Partial<ProcessRow>) => {
    entry.row = { ...entry.row, ...news };
    onChange(rows());
  };
  const find = (name: string): Kept => {
    const entry = kept.get(name);
    if (entry === undefined)
      throw new Error(`No process ${name} in this stack; there are ${[...kept.keys()].join(", ")}`);
    return entry;
  };

  const bringUp = async (entry: Kept) => {
    if (isGivenUp) throw new Error("the stack is being stopped");
    const child = await entry.process.start();
    // Stopped while it was coming up: nobody else knows of it yet.
    if (isGivenUp) await child.stop({ signal: "SIGKILL" });
    entry.child = child;
    change(entry, { state: "running", pid: child.pid, startedAt: Date.now() });
    void child.exited.then((ending) => {
      if (entry.child === child) onEnd(entry, ending);
    });
  };

  const onEnd = (entry: Kept, ending: string) => {
    change(entry, { state: entry.row.state === "held" ? "held" : "ended", pid: null, ending });
    if (isWatching && entry.row.state !== "held") bringBack(entry, ending);
  };

  const bringBack = (entry: Kept, ending: string) => {
    if (Date.now() - entry.row.startedAt > STEADY_MS) entry.delayMs = FIRST_DELAY_MS;
    say(
      `${entry.row.name} ended (${ending}); started again in ${entry.delayMs / 1000} s · ${logOf(entry.process.name)}`,
    );
    startLater(entry);
  };

  const startLater = (entry: Kept) => {
    change(entry, { state: "waiting to restart" });
    entry.timer = setTimeout(() => void tryAgain(entry), entry.delayMs);
    entry.delayMs = Math.min(entry.delayMs * 2, LONGEST_DELAY_MS);
  };

  const tryAgain = async (entry: Kept) => {
    if (isGivenUp || entry.row.state !== "waiting to restart") return;
    change(entry, { restarts: entry.row.restarts + 1 });
    try {
      await bringUp(entry);
    } catch (error) {
      if (isGivenUp || entry.row.state !== "waiting to restart") return;
      say(`${entry.row.name} did not start: ${wordsOf(error)}`);
      startLater(entry);
      return;
    }
    await sayBack(entry);
  };

  const sayBack = async (entry: Kept) => {
    try {
      await entry.afterRestart();
      say(`${entry.row.name} runs again`);
    } catch (error) {
      if (!isGivenUp) say(`${entry.row.name} runs again, but what follows failed: ${wordsOf(error)}`);
    }
  };

  const end = async (entry: Kept) => {
    clearTimeout(entry.timer);
    const { stopSignal = "SIGTERM", graceMs = 10_000 } = entry.process;
    const wasKilled = await entry.child?.stop({ signal: stopSignal, graceMs });
    if (wasKilled)
      say(`${entry.row.name} did not end within ${graceMs / 1000} s and was killed · ${logOf(entry.process.name)}`);
  };

  return {
    async add(process) {
      const row: ProcessRow = {
        name: process.name,
        state: "ended",
        pid: null,
        port: process.port,
        startedAt: Date.now(),
        restarts: 0,
        ending: null,
      };
      const entry: Kept = {
        process,
        child: null,
        row,
        delayMs: FIRST_DELAY_MS,
        afterRestart: async () => undefined,
        timer: undefined,
      };
      kept.set(process.name, entry);
      await bringUp(entry);
    },
    onRestart(name, act) {
      find(name).afterRestart = act;
    },
    watch() {
      isWatching = true;
      for (const entry of kept.values()) if (entry.row.state === "ended") bringBack(entry, entry.row.ending ?? "ended");
    },
    rows,
    signal: (name, signal) => find(name).child?.signal(signal),
    async hold(name) {
      const entry = find(name);
      change(entry, { state: "held" });
      await end(entry);
    },
    async release(name) {
      const entry = find(name);
      if (entry.row.state !== "held") return;
      entry.delayMs = FIRST_DELAY_MS;
      await bringUp(entry);
      await entry.afterRestart();
    },
    async stop(names) {
      const entries = names.flatMap((name) => kept.get(name) ?? []);
      for (const entry of entries) change(entry, { state: "held" });
      await Promise.all(entries.map(end));
    },
    giveUp() {
      isGivenUp = true;
      isWatching = false;
      for (const { timer } of kept.values()) clearTimeout(timer);
    },
  };
}
