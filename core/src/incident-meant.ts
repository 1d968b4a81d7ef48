import type { Ports } from "./command.ts";
import { Failure } from "./domain/failure.ts";
import type { Incident } from "./domain/incident.ts";
import { listed } from "./fleet-words.ts";

/** The incident that still fires. @throws Failure "not_found" with what fires, "conflict" if it has ended, "unavailable" */
export async function incidentMeant(id: string, { incidents }: Pick<Ports, "incidents">): Promise<Incident> {
  const incident = await incidents.find(id);
  if (incident === null) {
    const open = (await incidents.open()).map((one) => one.id);
    const hint = open.length === 0 ? "Nothing fires." : `Firing: ${listed(open)}.`;
    throw new Failure("not_found", `There is no ${id}. ${hint} Nothing was done.`, { found: id, allowed: open });
  }
  if (incident.state !== "resolved") return incident;
  throw new Failure("conflict", `${id} has ended already. Nothing was done.`, { found: "resolved" });
}
