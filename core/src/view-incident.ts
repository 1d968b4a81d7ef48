import type { z } from "zod";
import { apiIncident } from "./contract.ts";
import { type AskedSilence, silenceOf } from "./domain/asked-silence.ts";
import type { Incident } from "./domain/incident.ts";

/** An incident as the HTTP API shows it. @param silences those that hold */
export function viewIncident(incident: Incident, silences: readonly AskedSilence[]): z.infer<typeof apiIncident> {
  const silence = silenceOf(incident, silences);
  if (silence === null) return apiIncident.parse(incident);
  const { id, asker, reason, endsAt } = silence;
  const silenced = { silencedUntil: endsAt, silencedBy: asker, silencedWhy: reason, silence: id };
  return apiIncident.parse({ ...incident, ...silenced });
}
