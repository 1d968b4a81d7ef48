import { apiAnswer, apiError } from "@rollcall/core/contract.ts";
import { isWorking, VERDICTS } from "@rollcall/core/domain/verdict.ts";
import { z } from "zod";
import { addressesOf, type StackContext } from "./context.ts";

/** What a roll call proved. */
export interface RollCall {
  /** Ids of the agents that work. */
  readonly working: readonly string[];
  /** Ids of the agents that hold on purpose. */
  readonly paused: readonly string[];
  /** `billing is gone` for each of the others, without those that are off on purpose or cannot prove their work. */
  readonly sick: readonly string[];
  readonly seconds: number;
}

const rollCallData = z.object({
  tookMs: z.number(),
  agents: z.array(z.object({ id: z.string(), verdict: z.enum(VERDICTS), health: z.string() })),
});

/** Asks the control service for a roll call of all, as the operator. @throws Error if it does not answer in its words */
export async function rollCall(context: StackContext): Promise<RollCall> {
  const response = await fetch(`${addressesOf(context).control}/api/v1/commands/roll-call`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${context.secrets.apiTokens.operator}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ input: { who: ["all"] } }),
    signal: AbortSignal.timeout(20_000),
  });
  const body: unknown = await response.json();
  if (!response.ok) throw new Error(`the roll call was refused: ${apiError.parse(body).message}`);
  const { tookMs, agents } = rollCallData.parse(apiAnswer.parse(body).data);
  return {
    working: agents.filter(({ verdict }) => isWorking(verdict)).map(({ id }) => id),
    paused: agents.filter(({ verdict, health }) => verdict === "paused" && health === "off").map(({ id }) => id),
    sick: agents
      .filter(({ verdict, health }) => !isWorking(verdict) && verdict !== "up" && health !== "off")
      .map(({ id, verdict }) => `${id} is ${verdict}`),
    seconds: tookMs / 1000,
  };
}
