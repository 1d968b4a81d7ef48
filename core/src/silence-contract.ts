import { z } from "zod";

const at = z.number().int().nonnegative().describe("milliseconds since the epoch");

/** A silence that somebody asked for. */
export const apiSilence = z.object({
  id: z.string().describe("sil-3"),
  mutes: z
    .array(z.object({ agent: z.string(), alertname: z.string() }))
    .describe("what fired when it was asked for; all others still ring"),
  by: z.object({ id: z.string(), name: z.string() }),
  reason: z.string(),
  startedAt: at,
  endsAt: at,
  words: z.string().describe("what it mutes, as every door says it"),
});
export type ApiSilence = z.infer<typeof apiSilence>;

/** Answer of `GET /silences`. */
export const apiSilences = z.object({
  asOf: at,
  silences: z.array(apiSilence).describe("those that hold, the next to end first"),
});

/** What an incident says of the silence that keeps all of it quiet; left out if something of it rings. */
export const silencedFields = {
  silencedUntil: at.optional().describe("nobody is told of it until then; left out if something of it rings"),
  silencedBy: z.object({ id: z.string(), name: z.string() }).optional(),
  silencedWhy: z.string().optional(),
  silence: z.string().optional().describe("sil-3, which `unsilence` ends"),
};
