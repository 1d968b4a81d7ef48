import { createHash } from "node:crypto";
import type { ActContext } from "./command.ts";
import { isFailure } from "./domain/failure.ts";

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
  const { id, name, slackUser } = operation.actor;
  await ports.incidents.acknowledge(incident.id, { id, name, slackUser }, how);
  try {
    await ports.pager.acknowledge(createHash("sha256").update(incident.groupKey).digest("hex"));
    return null;
  } catch (error) {
    // The phone may ring once more; that is no reason to leave the agent as it is.
    if (!isFailure(error)) throw error;
    return `not acknowledged in PagerDuty: ${error.message}`;
  }
}
