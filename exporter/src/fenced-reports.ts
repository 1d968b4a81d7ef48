import type { Batch } from "@rollcall/core/adapters/redis/raw-redis.ts";
import { parseJson } from "@rollcall/core/adapters/redis/sealed-replies.ts";
import { ageSeconds } from "@rollcall/core/domain/freshness.ts";
import { type FencedReport, fencedReport } from "@rollcall/core/protocol/fenced-report.ts";
import type { Keys } from "@rollcall/core/protocol/keys.ts";
import { openSeal } from "@rollcall/core/protocol/seal.ts";
import type { Heartbeat } from "@rollcall/core/protocol.ts";
import { takeHash } from "./read-streams.ts";

/** A report, sealed, and which agent is said to have made it. */
export interface SealedReport {
  readonly agent: string;
  readonly sealed: string;
}

/** How long two processes with one id are told of after the last report: two that restart by turns report every few seconds. */
export const TOLD_SECONDS = 300;
/** A storm of reports must not hold up a reading: opening one takes 10 µs. */
const AT_ONCE = 200;

/** Asks for the newest reports. @returns the list that the answer fills, newest first */
export function askFencedReports(batch: Batch, { fenced: key }: Pick<Keys, "fenced">, now: number): SealedReport[] {
  const found: SealedReport[] = [];
  const words = ["XREVRANGE", key, "+", now - TOLD_SECONDS * 1000, "COUNT", AT_ONCE];
  batch.add(key, words, (reply) => {
    if (reply.takeError() !== null) return;
    for (let left = reply.takeArray() ?? 0; left > 0; left -= 1) {
      reply.takeArray();
      reply.skip(); // Its id.
      const { agent = "", m: sealed = "" } = takeHash(reply) ?? {};
      found.push({ agent, sealed });
    }
  });
  return found;
}

/** Two processes with one agent's id, as people know them: "worker-1 pid 4711". */
export interface Duplicate {
  /** The one that was fenced. */
  readonly older: string;
  readonly newer: string;
}

interface Known {
  readonly keyOf: (agent: string) => string;
  readonly beats: ReadonlyMap<string, Heartbeat | null>;
  readonly now: number;
}

/** By agent: the two processes of its newest genuine report. Agents without a beat of this exporter have none. */
export function findDuplicates(reports: readonly SealedReport[], known: Known): ReadonlyMap<string, Duplicate> {
  const found = new Map<string, Duplicate>();
  for (const { agent, sealed } of reports) {
    if (found.has(agent) || !known.beats.has(agent)) continue;
    const report = openReport(agent, sealed, known);
    if (report !== null) found.set(agent, nameBoth(report, known.beats.get(agent) ?? null));
  }
  return found;
}

function openReport(agent: string, sealed: string, { keyOf, now }: Known): FencedReport | null {
  const json = openSeal(keyOf(agent), sealed);
  if (json === null) return null;
  const parsed = fencedReport.safeParse(parseJson(json));
  // An old report that somebody adds again says nothing of now.
  const isTold = parsed.success && parsed.data.agent === agent && ageSeconds(parsed.data.at, now) <= TOLD_SECONDS;
  return isTold ? parsed.data : null;
}

function nameBoth({ host, pid, newerEpoch }: FencedReport, beat: Heartbeat | null): Duplicate {
  // Who has the id now; a third one may have taken it since.
  const isKnown = beat !== null && beat.epoch >= newerEpoch;
  const newer = isKnown ? nameProcess(beat) : `the process of epoch ${newerEpoch}`;
  return { older: nameProcess({ host, pid }), newer };
}

const nameProcess = ({ host, pid }: Pick<Heartbeat, "host" | "pid">): string =>
  pid === undefined ? host : `${host} pid ${pid}`;
