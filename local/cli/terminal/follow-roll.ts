import { setTimeout as delay } from "node:timers/promises";
import { markOf, verdictWords } from "@rollcall/core/fleet-words.ts";
import { type LiveEvent, liveEvent } from "@rollcall/core/live-contract.ts";
import type { RollNews } from "@rollcall/core/roll-contract.ts";
import { urlOf } from "./control-client.ts";
import type { Target } from "./invocation.ts";

/** A service that opens no stream within this time is asked without it. */
const OPEN_MS = 3000;
/** More than one event of the largest fleet; a service that sends no end of it is not listened to. */
const MOST_CHARACTERS = 4_000_000;
const MOST_ROWS = 30;

export interface Followed {
  /** Which roll call: the id of the request that asks for it. */
  readonly requestId: string;
  readonly tell: (line: string) => void;
  /** Ends the following. */
  readonly signal: AbortSignal;
}

/**
 * Tells what a roll call finds while it is taken.
 * @returns as soon as nothing of it can be missed. Never fails: what cannot be followed is answered all the same
 */
export async function followRoll(target: Target, { requestId, tell, signal }: Followed): Promise<void> {
  const opened = Promise.withResolvers<void>();
  const take = (event: LiveEvent): void => {
    if (event.type === "hello") opened.resolve();
    if (event.type !== "roll-call" || event.rollCall.requestId !== requestId) return;
    for (const line of newsLines(event.rollCall)) tell(line);
  };
  void readEvents(target, { take, signal })
    .catch(() => undefined)
    .finally(opened.resolve);
  await Promise.race([opened.promise, delay(OPEN_MS, undefined, { ref: false })]);
}

async function readEvents(
  target: Target,
  { take, signal }: { take: (event: LiveEvent) => void; signal: AbortSignal },
): Promise<void> {
  const response = await fetch(urlOf(target, "/api/v1/live?topics=roll-calls"), {
    headers: { authorization: `Bearer ${target.token}`, "x-rollcall-door": "terminal", accept: "text/event-stream" },
    redirect: "error",
    signal,
  });
  if (!response.ok || response.body === null) return response.body?.cancel();
  let rest = "";
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    const texts = (rest + part).split("\n\n");
    rest = texts.pop() ?? "";
    if (rest.length > MOST_CHARACTERS) return;
    for (const text of texts) {
      const event = eventOf(text);
      if (event !== null) take(event);
    }
  }
}

function eventOf(text: string): LiveEvent | null {
  const json = /^data: (.*)$/m.exec(text)?.[1];
  if (json === undefined) return null;
  const parsed = liveEvent.safeParse(JSON.parse(json));
  return parsed.success ? parsed.data : null;
}

/** Those of whom something is new, and who is still waited for; the answer itself has the end. */
export function newsLines({ isOver, agents, left, known, called, waitingFor }: RollNews): string[] {
  if (isOver) return [];
  const more = left + Math.max(0, agents.length - MOST_ROWS);
  const names = waitingFor.slice(0, 5).join(", ");
  return [
    ...agents.slice(0, MOST_ROWS).map((row) => `  ${markOf(row)} ${row.id} ${verdictWords(row)}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
    `⏳ ${known} of ${called} known, waiting for ${names}${called - known > 5 ? ` and ${called - known - 5} more` : ""}`,
  ];
}
