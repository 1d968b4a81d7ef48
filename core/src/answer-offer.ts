import type { ActContext, Ports, ReadContext, StageResult } from "./command.ts";
import { auditEntry } from "./domain/audit.ts";
import { Failure, isFailure } from "./domain/failure.ts";
import { incidentMeant } from "./incident-meant.ts";
import type { AlertOffer, AlertOffers } from "./ports/alert-offers.ts";
import { dedupKeyOf } from "./take-incident.ts";

/** @throws Failure "unavailable" where nothing is stored */
export function offersOf({ offers }: Pick<Ports, "offers">): AlertOffers {
  if (offers !== undefined) return offers;
  throw new Failure("unavailable", "nothing is stored here, so nothing can be handed over");
}

/** The offer that waits for this person. @throws Failure "not_found", "conflict", "forbidden", "unavailable" */
export async function offerToMe(
  alert: string,
  { ports, actor }: Pick<ReadContext, "ports" | "actor">,
): Promise<AlertOffer> {
  const { acknowledgedBy } = await incidentMeant(alert, ports);
  const offer = await offersOf(ports).waiting(alert);
  if (offer === null) throw new Failure("conflict", `${alert} is offered to nobody. Nothing was done.`);
  if (offer.taker.id !== actor.id) {
    const next = `${offer.taker.name} can answer. Nothing was done.`;
    throw new Failure("forbidden", `${alert} is offered to ${offer.taker.name}, not to you`, {
      rule: "own-offer",
      next,
    });
  }
  if (acknowledgedBy === null || acknowledgedBy.id === offer.giver.id) return offer;
  throw new Failure("conflict", `${acknowledgedBy.name} has ${alert} by now, not ${offer.giver.name}`, {
    next: `Ask ${acknowledgedBy.name} to give it. Nothing was done.`,
  });
}

/** Answers the offer of the operation's incident in the name of who asked for the operation; a repeat finds it answered. */
export async function answerOffer(answer: "taken" | "declined", context: ActContext): Promise<StageResult> {
  const { ports, operation } = context;
  const { incidentId, actor } = operation;
  const offer = incidentId === null ? null : await offersOf(ports).waiting(incidentId);
  const audit = auditEntry({
    ...{ event: "acknowledgement", actor: actor.id, door: operation.door, command: operation.command },
    ...{ action: answer, operationId: operation.id, requestId: operation.requestId },
  });
  const given = { answer, now: ports.clock.now(), audit };
  const isMine = offer?.taker.id === actor.id;
  const isDone = isMine && (await offersOf(ports).answer({ ...given, id: offer.id }));
  if (answer === "declined") return { state: isDone ? "done" : "skipped", ending: "done" };
  const untold = await silencePhones(context);
  const detail = isDone ? `given by ${offer.giver.name}` : "it was answered already";
  return { state: isDone ? "done" : "skipped", ending: "done", detail: [detail, ...untold].join("; ") };
}

/** Where nobody had it the phones may ring by now. @returns what is to be said if the pager could not be told */
async function silencePhones({ ports, operation }: ActContext): Promise<string[]> {
  const incident = operation.incidentId === null ? null : await ports.incidents.find(operation.incidentId);
  if (incident?.acknowledgedBy?.id !== operation.actor.id) return [];
  try {
    await ports.pager.acknowledge(dedupKeyOf(incident));
    return [];
  } catch (error) {
    if (!isFailure(error)) throw error;
    return [`not acknowledged in PagerDuty: ${error.message}`];
  }
}
