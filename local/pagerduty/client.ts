import { setTimeout as wait } from "node:timers/promises";
import { callControl } from "../stand-in/control-call.ts";
import type { PagerIncident } from "./incidents.ts";

export type { PagerIncident } from "./incidents.ts";

export interface PagerDutyClient {
  /** Oldest first, resolved ones among them. */
  incidents(): Promise<PagerIncident[]>;
  /** @throws Error that lists the incidents if none fits in time */
  waitForIncident(fits: (incident: PagerIncident) => boolean, timeoutMs?: number): Promise<PagerIncident>;
  fail(fault: { kind: "ratelimited" | "http" | "hang" | "reset"; count?: number; status?: number }): Promise<void>;
  clearFaults(): Promise<void>;
  /** Who is on call from now on. */
  setOnCalls(
    turns: readonly { name: string; level: number; policy: string; schedule: string | null; end: string | null }[],
  ): Promise<void>;
  clear(): Promise<void>;
}

/** A client of the stand-in's control API, for tests and drills. @param url `http://127.0.0.1:<port>` */
export function createPagerDutyClient(url: string): PagerDutyClient {
  const post = (path: string, body: unknown = {}) => callControl(`${url}/control/${path}`, body);
  const incidents = async (): Promise<PagerIncident[]> =>
    ((await callControl(`${url}/control/incidents`)) as { incidents: PagerIncident[] }).incidents;
  return {
    incidents,
    waitForIncident: async (fits, timeoutMs = 10_000) => {
      const end = performance.now() + timeoutMs;
      for (;;) {
        const all = await incidents();
        const found = all.findLast(fits);
        if (found !== undefined) return found;
        if (performance.now() > end) {
          const seen = all.map(({ status, summary }) => `${status} ${JSON.stringify(summary)}`).join("; ") || "none";
          throw new Error(`no such incident within ${timeoutMs} ms; there are: ${seen}`);
        }
        await wait(50);
      }
    },
    fail: async (fault) => void (await post("faults", fault)),
    clearFaults: async () => void (await post("faults/clear")),
    setOnCalls: async (turns) => void (await post("on-calls", turns)),
    clear: async () => void (await post("clear")),
  };
}
