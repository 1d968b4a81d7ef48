import { createHash } from "node:crypto";
import type { ActContext } from "./command.ts";
import { isFailure } from "./domain/failure.ts";
import { type Incident, isMeasured } from "./domain/incident.ts";

/** Key of an incident at the pager, as Alertmanager makes it. */
export const dedupKeyOf = ({ groupKey }: Pick<Incident, "groupKey">): string =>
  createHash("sha256").update(groupKey).digest("hex");

/**
 * Acknowledges the incident that the operation was started from, here and at the pager. Repeating it changes nothing.
 * @param how "by restarting"; null for a plain acknowledgement
 * @returns what is to be said if the pager could not be told; null if all is well or there is no incident
 * @throws Failure "unavailable" if it cannot be stored
 */
export async function takeIncident({ ports, operation }: ActContext, how: string | null): Promise<string | null> {
  if (operation.incidentId === null) return null;
  const incident = await ports.incidents.find(operation.incidentId);
  if (incident === null || incident.state === "resolved") return null;
  return await takeOver(incident, how, { ports, operation });
}

/**
 * Acknowledges an incident that is open, as above.
 * @throws Failure "unavailable" if it cannot be stored
 */
export async function takeOver(
  incident: Pick<Incident, "id" | "groupKey" | "openedBy">,
  how: string | null,
  { ports, operation }: Pick<ActContext, "ports" | "operation">,
): Promise<string | null> {
  const { id, name, slackUser } = operation.actor;
  await ports.incidents.acknowledge(incident.id, { id, name, slackUser }, how);
  // Of what a person opened the pager was never told.
  if (!isMeasured(incident)) return null;
  try {
    await ports.pager.acknowledge(dedupKeyOf(incident));
    return null;
  } catch (error) {
    // The phone may ring once more; that is no reason to leave the agent as it is.
    if (!isFailure(error)) throw error;
    return `not acknowledged in PagerDuty: ${error.message}`;
  }
}
