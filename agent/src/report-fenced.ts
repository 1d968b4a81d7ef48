import { hostname } from "node:os";
import type { FencedReport } from "@rollcall/core/protocol/fenced-report.ts";
import type { Keys } from "@rollcall/core/protocol/keys.ts";
import { seal } from "@rollcall/core/protocol/seal.ts";
import { PROTOCOL_VERSION } from "@rollcall/core/protocol.ts";
import type { Redis } from "ioredis";

/** Two processes that take the id from each other say so again and again; only the newest reports matter. */
const REPORTS_KEPT = 1000;

interface FencedParts {
  readonly control: Redis;
  readonly keys: Keys;
  readonly agent: string;
  readonly key: string;
  readonly now: number;
  readonly epoch: number;
  readonly newerEpoch: number;
}

/** Says which process stops because a newer one has its agent's id: only it knows for certain that there were two. */
export async function reportFenced({ control, keys, key, now, ...about }: FencedParts): Promise<void> {
  const { agent, epoch, newerEpoch } = about;
  const host = hostname().slice(0, 255);
  const report: FencedReport = { v: PROTOCOL_VERSION, agent, at: now, epoch, newerEpoch, host, pid: process.pid };
  const fields = ["agent", agent, "m", seal(key, report)];
  await control.xadd(keys.fenced, "MAXLEN", "~", REPORTS_KEPT, "*", ...fields);
}
