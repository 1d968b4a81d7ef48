import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** How a program behaves that a stand-in of a runtime keeps. */
export const PROGRAMS = {
  /** Ends with 0 when it is asked to. */
  obedient: `process.on("SIGTERM", () => process.exit(0)); process.on("SIGINT", () => process.exit(0)); setInterval(() => {}, 1000);`,
  /** Hears no signal but the one that nobody can ignore. */
  stubborn: `process.on("SIGTERM", () => {}); process.on("SIGINT", () => {}); setInterval(() => {}, 1000);`,
  /** Says why it cannot work, and ends with 3. */
  broken: `console.error("reading settings"); console.error("cannot read key.pem"); process.exit(3);`,
} as const;
/** A line that it wrote. */
export interface WrittenLine {
  readonly at: number;
  readonly isError: boolean;
  readonly text: string;
  /** The how many-th start it was. */
  readonly start: number;
}
export type ProgramName = keyof typeof PROGRAMS;

/** A process that a stand-in keeps for one name: real, so that signals and exits are real. */
export class KeptProgram {
  readonly #program: ProgramName;
  #child: ChildProcess | null = null;
  startedAt: number | null = null;
  exit: { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly at: number } | null = null;
  readonly errors: string[] = [];
  readonly written: WrittenLine[] = [];
  /** How often it was started. */
  starts = 0;

  constructor(program: ProgramName) {
    this.#program = program;
  }

  get pid(): number | null {
    return this.isRunning ? (this.#child?.pid ?? null) : null;
  }

  get isRunning(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves when it listens to signals, or has ended. */
  async start(): Promise<void> {
    const source = `${PROGRAMS[this.#program]} console.log("ready");`;
    const child = spawn(process.execPath, ["-e", source], { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    this.startedAt = Date.now();
    this.exit = null;
    this.starts += 1;
    const start = this.starts;
    const keep = (isError: boolean) => (part: Buffer) => {
      for (const text of part.toString().split("\n").filter(Boolean))
        this.written.push({ at: Date.now(), isError, text, start });
    };
    child.stdout.on("data", keep(false));
    child.stderr.on("data", keep(true));
    child.stderr.on("data", (part: Buffer) => this.errors.push(...part.toString().split("\n").filter(Boolean)));
    child.once("exit", (code, signal) => {
      this.exit = { code, signal, at: Date.now() };
    });
    await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** @returns whether it has ended within the time */
  async endsWithin(ms: number): Promise<boolean> {
    if (!this.isRunning || this.#child === null) return true;
    return once(this.#child, "exit", { signal: AbortSignal.timeout(ms) }).then(
      () => true,
      () => false,
    );
  }
}
