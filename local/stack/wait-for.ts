import { readLastLines } from "../supervisor/output-log.ts";
import type { Child } from "../tools/child.ts";

/** What to wait for, and what to say if it does not come. */
export interface Waiting {
  readonly name: string;
  readonly url: string;
  readonly child: Child;
  readonly logFile: string;
  readonly timeoutMs: number;
}

/**
 * Waits until a child of ours answers 200.
 * @returns the body of the answer
 * @throws Error with the reason the program itself gave, as far as it gave one
 */
export async function waitForHttp({ name, url, child, logFile, timeoutMs }: Waiting): Promise<string> {
  const deadline = Date.now() + timeoutMs;
  let last = "no answer";
  while (Date.now() < deadline && !child.hasExited()) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
      const body = await response.text();
      if (response.ok) return body;
      last = `${response.status} ${body.slice(0, 300)}`;
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  if (child.hasExited())
    throw new Error(`${name} ended (${await child.exited}): ${lastWords(logFile)}. Log: ${logFile}`);
  throw new Error(`${name} is not ready after ${Math.round(timeoutMs / 1000)} s: ${last}. Log: ${logFile}`);
}

/** The last thing a program said, whether it logs text or JSON. */
export function lastWords(logFile: string): string {
  const line = readLastLines(logFile, 1)[0] ?? "it said nothing";
  try {
    const entry = JSON.parse(line) as { msg?: string; err?: { message?: string } };
    return [entry.msg, entry.err?.message].filter((part) => part !== undefined && part !== "").join(": ") || line;
  } catch {
    return line.slice(0, 300);
  }
}
