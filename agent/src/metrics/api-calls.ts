import { type AgentFigures, apiName, MOST_APIS } from "@rollcall/core/protocol/figures.ts";

/** What became of a call of an outside API, and what the API said of its limit. */
export interface CallOutcome {
  readonly failed?: boolean;
  /** Calls allowed in the API's window, and how many of them are left. */
  readonly limit?: number;
  readonly remaining?: number;
  /** When the window ends, ms since the epoch. */
  readonly resetsAt?: number;
}

/** Counts calls of outside APIs, so that their limits are seen before they are reached. */
export interface ApiCalls {
  /**
   * Counts one call.
   * @param api words of a-z, 0-9 and -; an agent calls at most 16 APIs
   * @throws Error if the name does not fit, or it is one API too many
   */
  count(api: string, outcome?: CallOutcome): void;
}

export function createApiCalls(): ApiCalls & { totals(): AgentFigures["calls"] } {
  const calls = new Map<string, AgentFigures["calls"][string]>();
  return {
    count(api, { failed = false, ...said } = {}) {
      const known = calls.get(api) ?? beginCounting(api, calls.size);
      const limits = Object.entries(said).filter(([, value]) => Number.isSafeInteger(value) && value >= 0);
      calls.set(api, {
        ...{ ...known, ...Object.fromEntries(limits) },
        done: known.done + (failed ? 0 : 1),
        failed: known.failed + (failed ? 1 : 0),
      });
    },
    totals: () => Object.fromEntries(calls),
  };
}

function beginCounting(api: string, known: number): AgentFigures["calls"][string] {
  const problem = apiName.safeParse(api).error?.issues[0]?.message;
  if (problem !== undefined) throw new Error(`"${api.slice(0, 60)}" is no name of an API: ${problem}`);
  if (known >= MOST_APIS) throw new Error(`${api} is one API too many: calls of at most ${MOST_APIS} are counted`);
  return { done: 0, failed: 0 };
}
