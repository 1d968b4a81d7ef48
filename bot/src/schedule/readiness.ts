import type { ApiDependency, ApiReadiness } from "@rollcall/core/contract.ts";
import { isFailure } from "@rollcall/core/domain/failure.ts";
import type { Clock } from "@rollcall/core/ports/clock.ts";
import { withinTime } from "./within-time.ts";

export interface Probe {
  readonly name: string;
  /** Whether the service is not ready without it. */
  readonly required: boolean;
  /** Ends well if it answers; its words, if any, are shown. Given up after 2 s. */
  readonly check: () => Promise<string | null>;
}

export interface Readiness {
  /** Looks at everything once. Never throws, and ends within 2.5 s. */
  refresh(): Promise<void>;
  /** What the last look found; never waits. */
  current(): ApiReadiness;
}

const TIMEOUT_MS = 2_000;
/** A look older than this says nothing about now: the loop itself hangs. */
const STALE_MS = 15_000;

/** Keeps the state of what the service stands on, looked at in the background. */
export function createReadiness(probes: readonly Probe[], clock: Clock): Readiness {
  const states = new Map<string, ApiDependency>(
    probes.map(({ name, required }) => [
      name,
      { name, required, state: "unknown", detail: "not looked at yet", since: null, checkedAt: null },
    ]),
  );
  return {
    async refresh() {
      await Promise.all(
        probes.map(async (probe) => {
          const found = await look(probe);
          const before = states.get(probe.name);
          const now = clock.now();
          const since = before?.state === found.state ? before.since : now;
          states.set(probe.name, { name: probe.name, required: probe.required, ...found, since, checkedAt: now });
        }),
      );
    },
    current() {
      const dependencies = [...states.values()].map((state) => ageOut(state, clock.now()));
      return { ready: dependencies.every(({ state, required }) => state === "up" || !required), dependencies };
    },
  };
}

async function look({ check }: Probe): Promise<Pick<ApiDependency, "state" | "detail">> {
  try {
    return { state: "up", detail: await withinTime(check(), TIMEOUT_MS) };
  } catch (error) {
    // Only our own words: a driver's message may name hosts and users.
    return { state: "down", detail: isFailure(error) ? error.message : "does not answer" };
  }
}

function ageOut(state: ApiDependency, now: number): ApiDependency {
  if (state.checkedAt === null || now - state.checkedAt <= STALE_MS) return state;
  return { ...state, state: "unknown", detail: "the last look is too old" };
}
