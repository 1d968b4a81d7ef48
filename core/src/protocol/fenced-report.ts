import { z } from "zod";
import { agentId, PROTOCOL_VERSION } from "../protocol.ts";

const count = z.number().int().nonnegative();

/** The last that a process says which finds that a newer one has its agent's id; sealed, on the fleet's stream of such reports. */
export const fencedReport = z.object({
  v: z.literal(PROTOCOL_VERSION),
  agent: agentId,
  /** Redis time in ms. */
  at: count,
  /** Of the process that says this. */
  epoch: count,
  /** The epoch that it found in place of its own. */
  newerEpoch: count,
  host: z.string().max(255),
  pid: count,
});
export type FencedReport = z.infer<typeof fencedReport>;
