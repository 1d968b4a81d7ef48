import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { MatrixStage } from "../matrix/stage.ts";
import type { MatrixPerson } from "../matrix/subjects.ts";

/** What somebody goes on trying after their rights were taken away. */
export const TRIES = ["look", "change", "dangerous change", "live stream"] as const;
export type Try = (typeof TRIES)[number];

/** Seconds from the moment of removal to the last time that each was let through; 0: not once. */
export type LetThrough = Record<Try, number>;

export interface Probe {
  /** The removal is made: from here on every success counts. */
  removed(): void;
  /** Ends once everything was refused for a while. @throws Error if something is still let through then */
  finished(withinMs: number): Promise<LetThrough>;
}

/** Refusals in a row after which it is over: no replica and no connection remembers otherwise. */
const IN_A_ROW = 5;
const MANY = ["billing", "invoices", "shipping", "archive-writer"];

interface Pace {
  /** The alert that they take again and again. */
  readonly alert: string;
  /** Pause between two tries: short against the time that is measured, and long enough for a hundred people at once. */
  readonly everyMs: number;
}

/** Somebody at work: a stream is open, and looks and changes are tried again and again once they were removed. */
export async function startProbe(stage: MatrixStage, person: MatrixPerson, { alert, everyMs }: Pace): Promise<Probe> {
  const stream = await openStream(stage, person);
  let removedAt = Number.POSITIVE_INFINITY;
  const since = (): number => Math.max(0, (performance.now() - removedAt) / 1000);
  return {
    removed() {
      removedAt = performance.now();
    },
    async finished(withinMs) {
      const deadline = performance.now() + withinMs;
      const until = (attempt: () => Promise<boolean | null>) => untilRefused(attempt, { since, deadline, everyMs });
      const [look, change, dangerous] = await Promise.all([
        until(() => isLet(stage, person, { path: "/api/v1/agents" })),
        until(() => isLet(stage, person, { path: "/api/v1/commands/ack", input: { alert } })),
        until(() => isLet(stage, person, { path: "/api/v1/commands/restart", input: { who: MANY } })),
      ]);
      const ended = await Promise.race([stream.ended, wait(Math.max(0, deadline - performance.now()), null)]);
      stream.close();
      if (ended === null) throw new Error(`${person.id} still follows the fleet`);
      const live = Math.max(0, (ended - removedAt) / 1000);
      return { look, change, "dangerous change": dangerous, "live stream": live };
    },
  };
}

interface Patience {
  readonly since: () => number;
  readonly deadline: number;
  readonly everyMs: number;
}

/** @returns when it was let through last */
async function untilRefused(
  attempt: () => Promise<boolean | null>,
  { since, deadline, everyMs }: Patience,
): Promise<number> {
  let last = 0;
  for (let refused = 0; refused < IN_A_ROW; await wait(everyMs)) {
    const isIn = await attempt();
    if (isIn === true) {
      // What was asked before and answered after counts as answered: nothing is measured better than it is.
      last = since();
      refused = 0;
    } else if (isIn === false) refused += 1;
    if (performance.now() > deadline) throw new Error(`still let through ${since().toFixed(1)} s after the removal`);
  }
  return last;
}

interface Asked {
  readonly path: string;
  readonly input?: object;
}

/** Whether it was let through; an operation that runs already, or nothing to do, is let through too. @returns null if nobody says: 503 */
async function isLet(
  { control }: MatrixStage,
  { token }: MatrixPerson,
  { path, input }: Asked,
): Promise<boolean | null> {
  const headers = { authorization: `Bearer ${token}` };
  const act = {
    method: "POST",
    headers: { ...headers, "content-type": "application/json", "idempotency-key": `key-${randomUUID()}` },
    body: JSON.stringify({ input, reason: "a drill" }),
  };
  const signal = AbortSignal.timeout(20_000);
  const response = await fetch(`${control.url}${path}`, { ...(input === undefined ? { headers } : act), signal });
  const body = await response.text();
  if (response.status === 503) return null;
  if (response.status >= 500) throw new Error(`${path} answered ${response.status}: ${body.slice(0, 200)}`);
  return response.status !== 401 && response.status !== 403;
}

/** @returns when the stream ends, by the clock of `performance` */
async function openStream({ control }: MatrixStage, { token, id }: MatrixPerson) {
  const ending = new AbortController();
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${control.url}/api/v1/live`, { headers, signal: ending.signal });
  if (response.status !== 200 || response.body === null) throw new Error(`${id} gets no stream: ${response.status}`);
  const read = async (body: AsyncIterable<unknown>): Promise<number> => {
    try {
      for await (const _part of body);
    } catch {
      // Cut off: it has ended as well.
    }
    return performance.now();
  };
  return { ended: read(response.body), close: () => ending.abort() };
}
