import type { RollNews } from "@rollcall/core/roll-contract.ts";
import { useEffect, useRef, useState } from "react";
import { serviceNow } from "../api/clock.ts";
import type { Report } from "../api/contract.ts";
import { liveStream } from "../api/live.ts";
import { Refusal } from "../api/refusal.ts";
import { newKey, runCommand } from "../api/run-command.ts";

export type Called = RollNews["agents"][number];

/** A roll call that has ended, as its answer says. */
export interface Roll {
  readonly at: number;
  readonly tookMs: number;
  readonly problems: readonly string[];
  readonly agents: readonly Called[];
}

/** What the live stream has told of a roll call, and when. */
export interface SoFar extends Pick<RollNews, "called" | "known" | "waitingFor" | "tookMs"> {
  /** By the service's clock. */
  readonly at: number;
  readonly rows: ReadonlyMap<string, Called>;
}

export interface Calling {
  readonly roll: { readonly roll: Roll; readonly report: Report } | null;
  /** Of the one that runs, or that was broken off; null: nothing has come of it. */
  readonly soFar: SoFar | null;
  readonly refusal: Refusal | null;
  readonly isAsking: boolean;
}

const NOTHING: Calling = { roll: null, soFar: null, refusal: null, isAsking: false };

/** Calls the roll and follows it. The newest roll stays until something has come of the next. */
export function useRollCall(): Calling & { call: (who: string) => Promise<void> } {
  const [calling, setCalling] = useState(NOTHING);
  const asked = useRef<string | null>(null);
  // The stream is open before anybody calls, so that nothing of it is missed.
  useEffect(
    () =>
      liveStream().listen((event) => {
        if (event.type !== "roll-call" || event.rollCall.requestId !== asked.current) return;
        setCalling((before) => ({ ...before, soFar: withNews(before.soFar, event.rollCall) }));
      }),
    [],
  );
  const call = async (who: string): Promise<void> => {
    asked.current = newKey();
    setCalling(({ roll }) => ({ ...NOTHING, roll, isAsking: true }));
    try {
      const roll = await askForRoll(who, asked.current);
      setCalling({ ...NOTHING, roll });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      setCalling((before) => ({ ...before, refusal: error, isAsking: false }));
    } finally {
      asked.current = null;
    }
  };
  return { ...calling, call };
}

async function askForRoll(who: string, requestId: string): Promise<Calling["roll"]> {
  const input = { who: who.split(/\s+/).filter((word) => word !== "") };
  const outcome = await runCommand({ command: "roll-call", input, key: newKey(), requestId });
  return outcome.kind === "report" ? { roll: outcome.data as Roll, report: outcome.report } : null;
}

/** Each event has only what is new since the one before. */
function withNews(before: SoFar | null, { called, known, waitingFor, tookMs, agents }: RollNews): SoFar {
  const rows = new Map([...(before?.rows ?? []), ...agents.map((row) => [row.id, row] as const)]);
  return { called, known, waitingFor, tookMs, at: serviceNow(), rows };
}
