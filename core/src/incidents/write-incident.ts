import { z } from "zod";
import type { Ports } from "../command.ts";
import { Failure } from "../domain/failure.ts";
import type { Incident, IncidentPerson } from "../domain/incident.ts";
import type { Operation } from "../domain/operation.ts";
import { incidentNamed } from "./gather-incident.ts";

/** An incident as a field of a command that changes it. */
export const incidentField = z
  .string()
  .regex(/^inc-\d{1,15}$/, "the id of an incident, like inc-7")
  .describe("Incident, like inc-7");

/** What people write about an incident. */
export const MOST_NOTE_CHARACTERS = 2000;
export const noteField = z.string().trim().min(1).max(MOST_NOTE_CHARACTERS);

/** Whoever asked for the operation, as they are called now. */
export const writerOf = ({ actor: { id, name, slackUser } }: Pick<Operation, "actor">): IncidentPerson => ({
  ...{ id, name, slackUser },
});

/** The incident that a change is about. @throws Failure "not_found", "unavailable" */
export async function incidentToChange(id: string, ports: Pick<Ports, "incidents">): Promise<Incident> {
  try {
    return await incidentNamed(id, ports);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "not_found") throw error;
    throw new Failure("not_found", `${error.message} Nothing was done.`, { ...error.detail, cause: error });
  }
}
