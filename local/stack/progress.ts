import { STEPS } from "./preflight.ts";

/** Where a start tells how far it is. */
export interface Progress {
  /** A new step, 1 to 7. */
  begin(step: number, title: string): void;
  /** What the step is doing just now. */
  update(detail: string): void;
  /** The step is done; `parts` are shown beside its title. */
  done(parts: StepResult & { readonly seconds: number }): void;
  /** A sentence between or after the steps. */
  say(sentence: string): void;
}

export interface StepResult {
  readonly title: string;
  readonly address?: string;
  readonly detail: string;
}

/** A terminal line has this width; seconds stand at its end. */
const WIDTH = 88;
const PLAIN_EVERY_MS = 2_000;

export interface Screen {
  readonly isTerminal: boolean;
  readonly columns: number;
  write(text: string): void;
}

const OUTPUT: Screen = {
  isTerminal: process.stdout.isTTY ?? false,
  columns: process.stdout.columns ?? 80,
  write: (text) => void process.stdout.write(text),
};

/** Shows one line per step: redrawn on a terminal, else repeated every 2 s while the step runs. */
export function showProgress(screen: Screen = OUTPUT): Progress & { close(): void } {
  let current: { step: number; title: string; detail: string } | null = null;
  const timer = setInterval(() => current !== null && !screen.isTerminal && draw(), PLAIN_EVERY_MS);
  timer.unref();
  const line = (mark: string, title: string, detail: string) =>
    ` ${current?.step ?? 0}/${STEPS} ${mark} ${detail === "" ? title : `${title.padEnd(18)}  ${detail}`}`;
  const clear = () => screen.isTerminal && screen.write("\r\u001b[2K");
  const draw = () => {
    if (current === null) return;
    const text = line("▸", current.title, current.detail);
    clear();
    // A line that wraps could not be redrawn.
    screen.write(screen.isTerminal ? text.slice(0, screen.columns - 1) : `${text}\n`);
  };
  return {
    begin(step, title) {
      current = { step, title, detail: "" };
      if (screen.isTerminal) draw();
    },
    update(detail) {
      if (current === null) return;
      current.detail = detail;
      if (screen.isTerminal) draw();
    },
    done({ title, address, detail, seconds: took }) {
      if (current === null) return;
      const seconds = `${took.toFixed(1)} s`;
      const text = line("✓", title, address === undefined ? detail : `${address.padEnd(14)}  ${detail}`);
      clear();
      screen.write(`${text.padEnd(WIDTH - seconds.length - 1)} ${seconds}\n`);
      current = null;
    },
    say(sentence) {
      clear();
      screen.write(`${sentence}\n`);
      if (screen.isTerminal) draw();
    },
    close() {
      clearInterval(timer);
      if (current !== null) clear();
      current = null;
    },
  };
}

/** Tells nobody. */
export const SILENT: Progress = {
  begin: () => undefined,
  update: () => undefined,
  done: () => undefined,
  say: () => undefined,
};
