import { z } from "zod";
import { apiAgent } from "./contract.ts";

/** What a roll call has found of one agent. */
export const rollRow = apiAgent.pick({
  ...{ id: true, verdict: true, rung: true, health: true, note: true, since: true, provable: true },
});

/** How far a roll call is; one follows another until `isOver`. */
export const rollNews = z.object({
  requestId: z.string().describe("of the request that asked for it, so that its asker knows it again"),
  who: z.array(z.string()),
  by: z.string(),
  isOver: z.boolean(),
  tookMs: z.number().int().nonnegative().describe("so far"),
  called: z.number().int().nonnegative(),
  known: z.number().int().nonnegative().describe("agents of which the verdict stands"),
  waitingFor: z.array(z.string()).describe("some of those whose answer is still awaited"),
  agents: z.array(rollRow).describe("verdicts that are new since the event before, the sick ones first"),
  left: z.number().int().nonnegative().describe("new verdicts that had no room; the answer has them all"),
});
export type RollNews = z.infer<typeof rollNews>;
