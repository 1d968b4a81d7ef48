import { z } from "zod";

/** Field of every command that may be about many agents: how many of them may fail before it stops. */
export const budget = z
  .number()
  .int()
  .min(1)
  .max(10_000)
  .optional()
  .describe("Agents that may fail before it stops and asks; 1 if not said");
