import { Logger } from "graphile-worker";

/** A logger for graphile-worker that passes on what it warns about, and nothing else. */
export const workerLogger = (onProblem?: (problem: string) => void): Logger =>
  new Logger(() => (level, message) => {
    if (level === "error" || level === "warning") onProblem?.(message);
  });
