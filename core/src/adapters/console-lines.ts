import { format } from "node:util";

const METHODS = ["trace", "error", "warn", "info", "log", "debug"] as const;
const MOST_CHARACTERS = 500;

/**
 * Hands what libraries print on the console to the log: there it is one line, without secrets. graphile-worker prints each
 * statement that PostgreSQL is too slow for with its stack, ioredis prints warnings; neither takes a logger for that.
 * @returns gives the console back
 */
export function takeConsole(tell: (problem: string, cause?: unknown) => void): () => void {
  const { console } = globalThis;
  const own = METHODS.map((method) => [method, console[method]] as const);
  const say = (first: unknown, ...rest: unknown[]): void => {
    if (first instanceof Error) tell(first.message, first);
    else tell(format(first, ...rest).slice(0, MOST_CHARACTERS));
  };
  for (const method of METHODS) console[method] = say;
  return () => {
    for (const [method, print] of own) console[method] = print;
  };
}
