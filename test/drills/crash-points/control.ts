import { type ChildProcess, spawn } from "node:child_process";
import { openSync } from "node:fs";
import { join } from "node:path";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { NO_LIMITS } from "../../no-limits.ts";
import { endWithUs } from "../end-with-us.ts";

const program = join(import.meta.dirname, "../../../bot/src/main.ts");
/** Several start at once, followed call by call, on a machine that may have other work. */
const READY_WITHIN_MS = 300_000;

export interface ControlPlace {
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile: string;
}

/** How the next process is started: what stands in front of its program, and who is told when it has ended. */
export interface Start {
  readonly prefix: readonly string[];
  readonly end: () => unknown;
}

/** A control service that is started again whenever it dies, as a host does it. */
export interface KeptControl {
  readonly url: string;
  /** The process that runs now. */
  pid(): number;
  /** How often it was started. */
  starts(): number;
  ready(): Promise<void>;
  /** Asked at each start from now on; null: as usual. */
  startUnder(next: (() => Start) | null): void;
  signal(signal: NodeJS.Signals): void;
  /** Ends it and leaves it so. */
  close(signal?: NodeJS.Signals): Promise<void>;
}

export async function openControl(place: ControlPlace): Promise<KeptControl> {
  const control = new Control(place, await findFreePort());
  control.start();
  return control;
}

const AS_USUAL = (): Start => ({ prefix: [], end: () => undefined });

class Control implements KeptControl {
  readonly url: string;
  readonly #place: ControlPlace;
  readonly #port: number;
  readonly #log: number;
  #next = AS_USUAL;
  #child: ChildProcess | null = null;
  #exited: Promise<unknown> = Promise.resolve();
  #starts = 0;
  #isClosed = false;

  constructor(place: ControlPlace, port: number) {
    this.#place = place;
    this.#port = port;
    this.#log = openSync(place.logFile, "a");
    this.url = `http://127.0.0.1:${port}`;
    endWithUs(() => (this.#isGone() ? undefined : -this.pid()));
  }

  start(): void {
    const { prefix, end } = this.#next();
    const [path = process.execPath, ...args] = [...prefix, process.execPath, program];
    this.#starts += 1;
    const child = spawn(path, args, {
      stdio: ["ignore", this.#log, this.#log],
      env: {
        PATH: process.env.PATH,
        ROLLCALL_LIMITS: NO_LIMITS,
        ...this.#place.environment,
        ROLLCALL_HTTP_PORT: String(this.#port),
      },
      // One group with whoever traces it: they end together.
      detached: true,
    });
    this.#child = child;
    this.#exited = new Promise((resolve) => child.once("exit", resolve)).then(async () => {
      await end();
      if (!this.#isClosed) this.start();
    });
  }

  pid(): number {
    return this.#child?.pid ?? 0;
  }

  starts(): number {
    return this.#starts;
  }

  startUnder(next: (() => Start) | null): void {
    this.#next = next ?? AS_USUAL;
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.#isGone()) process.kill(-this.pid(), signal);
  }

  async ready(): Promise<void> {
    const deadline = Date.now() + READY_WITHIN_MS;
    let found = "no answer";
    while (Date.now() < deadline) {
      const response = await fetch(`${this.url}/ready`, { signal: AbortSignal.timeout(3000) }).catch(() => null);
      if (response?.ok) return;
      found = (await response?.text().catch(() => null)) ?? found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(
      `the control service is not ready after ${READY_WITHIN_MS / 1000} s: ${found}; see ${this.#place.logFile}`,
    );
  }

  async close(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    this.#isClosed = true;
    this.signal(signal);
    await this.#exited;
  }

  #isGone(): boolean {
    return this.#child === null || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}
