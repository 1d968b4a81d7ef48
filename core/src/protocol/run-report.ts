import { z } from "zod";
import { agentId, PROTOCOL_VERSION, runId } from "../protocol.ts";

const words = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, "a-z, 0-9 and -, at most 63 characters");
const count = z.number().int().min(1).max(10_000);
const about = { v: z.literal(PROTOCOL_VERSION), agent: agentId, at: z.number().int().nonnegative(), run: runId };

/** What an agent says of a run, sealed with its key, on the fleet's stream of run reports. */
export const runReport = z.discriminatedUnion("kind", [
  z.object({
    ...about,
    kind: z.literal("start"),
    name: words,
    /** Steps that it will have. */
    of: count,
    parent: runId.nullable(),
    /** Agents that may say how it ended, beside the one that starts it. */
    endedBy: z.array(agentId).max(5),
    /** Usual upper time: not ended then, it counts as unfinished. */
    withinSeconds: z.number().positive().max(604_800),
  }),
  z.object({ ...about, kind: z.literal("step"), step: count, name: words }),
  z.object({
    ...about,
    kind: z.literal("end"),
    outcome: z.enum(["completed", "failed", "cancelled"]),
    detail: z.string().max(200).nullable(),
  }),
]);
export type RunReport = z.infer<typeof runReport>;
type ReportOf<Kind extends RunReport["kind"]> = Extract<RunReport, { kind: Kind }>;
export type RunStart = ReportOf<"start">;
export type RunStep = ReportOf<"step">;
export type RunEnd = ReportOf<"end">;
