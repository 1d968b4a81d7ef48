import { z } from "zod";
import { apiChange } from "./change-contract.ts";
import { apiIncident } from "./contract.ts";
import { ENDINGS } from "./domain/operation.ts";
import { TIMELINE_KINDS } from "./incidents/timeline.ts";

const at = z.number().int().nonnegative().describe("milliseconds since the epoch");
const seconds = z.number().nonnegative().nullable();

/** One moment of an incident. */
export const apiTimelineEntry = z.object({
  at,
  kind: z.enum(TIMELINE_KINDS),
  words: z.string().describe("one sentence without its time, as Slack says it"),
  agents: z.array(z.string()).describe("none: the incident as a whole"),
  by: z.string().nullable().describe("whoever did it; null: it happened"),
  ref: z.string().nullable().describe("op-481, note-3"),
});
export type ApiTimelineEntry = z.infer<typeof apiTimelineEntry>;

/** Answer of `GET /incidents/:id`. */
export const apiIncidentAnswer = z.object({
  asOf: at,
  incident: apiIncident,
  timeline: z.array(apiTimelineEntry).describe("in the order in which it happened"),
  times: z
    .object({
      detectedSeconds: seconds.describe("from its beginning until a control service heard of it"),
      takenSeconds: seconds.describe("until somebody took it"),
      endedSeconds: seconds.describe("until it ended"),
    })
    .describe("null: it has not come to that, or nobody knows"),
  operations: z
    .array(z.object({ id: z.string(), what: z.string(), ending: z.enum(ENDINGS).nullable(), by: z.string() }))
    .describe("what was done from its card; ending null: under way"),
  helped: z.string().nullable().describe("what brought it to its end, as far as anybody knows"),
  changes: z.array(apiChange).nullable().describe("of the 30 minutes before, newest first; null: not known"),
  runbook: z.string().nullable(),
  links: z.object({ postMortem: z.string().describe("path below the service's address") }),
});
export type ApiIncidentAnswer = z.infer<typeof apiIncidentAnswer>;
