import { z } from "zod";
import { CHANGE_KINDS } from "./domain/change.ts";

const at = z.number().int().nonnegative().describe("milliseconds since the epoch");

/** Something that may be why the fleet is not as it was. */
export const apiChange = z.object({
  id: z.string().describe("ch-12, or the operation: op-481"),
  at,
  kind: z.enum(CHANGE_KINDS),
  agents: z.array(z.string()).describe("whom it touched; 50 at most are named"),
  agentCount: z.number().int().nonnegative().describe("0: nobody in particular"),
  what: z.string().describe("without the agents' names"),
  version: z.string().nullable().describe("of a deployment, or of what runs since then"),
  by: z.string().nullable().describe("null: nobody said"),
  link: z.string().nullable(),
  words: z.string().describe("the same as one sentence, as Slack says it, without its time"),
});
export type ApiChange = z.infer<typeof apiChange>;

/** Answer of `GET /changes`. */
export const apiChanges = z.object({
  asOf: at,
  from: at,
  changes: z.array(apiChange).describe("newest first, at most 200; what happened to many agents at once is one"),
});
export type ApiChanges = z.infer<typeof apiChanges>;

/** Body of `POST /changes`: a deployment, a migration, a switch that was turned. */
export const toldChange = z.strictObject({
  what: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .describe("what was done, in a few words, without the agents' names: deployed 4.7.2"),
  agents: z
    .array(z.string().min(1).max(63))
    .max(1000)
    .default([])
    .describe("ids of those it touches; none: nobody in particular"),
  version: z.string().trim().min(1).max(64).optional().describe("as the agents' heartbeats will say it"),
  by: z.string().trim().min(1).max(60).optional().describe("who did it, if not the token's owner: CI"),
  link: z
    .url({ protocol: /^https?$/ })
    .max(500)
    .optional()
    .describe("where more is written about it"),
  at: at.optional().describe("when it was done, within the last day; now if not said"),
});
