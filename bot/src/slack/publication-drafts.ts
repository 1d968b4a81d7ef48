import type { Incident } from "@rollcall/core/domain/incident.ts";
import { isEnded, type Operation } from "@rollcall/core/domain/operation.ts";
import type { Publication } from "@rollcall/core/ports/publications.ts";
import { draftOfBreakGlass } from "./break-glass-draft.ts";
import type { DraftDeps } from "./draft-deps.ts";
import { draftOfErrorLines, isErrorLinesKey } from "./error-lines.ts";
import { draftOfHandover, isHandoverKey } from "./handover-draft.ts";
import { gatherIncidentFacts } from "./incident-facts.ts";
import { draftOfIncidentNote, isNoteKey } from "./note-draft.ts";
import { draftOfOffer, isOfferKey } from "./offer-note.ts";
import { inputOf } from "./order-inputs.ts";
import type { Draft } from "./publish.ts";
import { draftOfReminder, isReminderKey } from "./reminder-note.ts";
import { incidentCard } from "./render/incident.ts";
import { endingNote, operationMessage } from "./render/operation.ts";
import { draftOfRequest } from "./request-drafts.ts";
import { draftOfSilence, isSilenceKey } from "./silence-notes.ts";
import { draftOfSoon, isSoonKey } from "./soon-draft.ts";

const ENDING = ":ending";
/** Commands whose ending is seen at once on the card and need not buzz the person who just pressed the button. */
const QUIET = ["ack"];
/** So is what was done from a card: a line in its thread says it. */
const QUIET_ON_CARDS = ["silence", "unsilence", "give", "give-accept", "give-decline"];
const URGENCY = { P0: 0, P1: 1, P2: 3, P3: 5 } as const;
const OPERATION_URGENCY = 2;
const NOTE_URGENCY = 4;

type Drafting = (publication: Publication, deps: DraftDeps) => Promise<Draft | null> | Draft | null;

/** What is not the message of one row alone. */
const BY_KEY: readonly (readonly [(key: string) => boolean, Drafting])[] = [
  [isErrorLinesKey, draftOfErrorLines],
  [isNoteKey, draftOfIncidentNote],
  [isSoonKey, draftOfSoon],
  [isSilenceKey, draftOfSilence],
  [isReminderKey, draftOfReminder],
  [isOfferKey, draftOfOffer],
  [isHandoverKey, draftOfHandover],
];

/** @returns null if the row is not there, or its message must wait for another one */
export async function draftPublication(publication: Publication, deps: DraftDeps): Promise<Draft | null> {
  const { key } = publication;
  const [, drafted] = BY_KEY.find(([isIts]) => isIts(key)) ?? [];
  if (drafted !== undefined) return await drafted(publication, deps);
  if (key.startsWith("bg-")) return await draftOfBreakGlass(publication, deps);
  if (key.startsWith("req-")) return await draftOfRequest(publication, deps);
  if (key.endsWith(ENDING)) return await draftNote(publication, deps);
  if (key.startsWith("inc-")) {
    const incident = await deps.ports.incidents.find(key);
    return incident === null ? null : draftIncident(publication, incident, deps);
  }
  const operation = await deps.ports.operations.find(key);
  return operation === null ? null : draftOperation(publication, operation, deps);
}

function draftIncident(publication: Publication, incident: Incident, { settings, ports }: DraftDeps): Draft {
  return {
    publication,
    revision: incident.revision,
    channel: settings.alertsChannel,
    thread: null,
    urgency: URGENCY[incident.criticality],
    since: incident.openedAt,
    traceparent: incident.traceparent,
    write: async (behindMinutes) => {
      const facts = await gatherIncidentFacts(incident, ports);
      return incidentCard(incident, facts, { links: settings, now: ports.clock.now(), behindMinutes, inputOf });
    },
  };
}

function draftOperation(publication: Publication, operation: Operation, { settings, ports }: DraftDeps): Draft {
  return {
    publication,
    revision: operation.revision,
    channel: settings.opsChannel,
    thread: null,
    urgency: OPERATION_URGENCY,
    since: operation.createdAt,
    traceparent: operation.origin?.traceparent,
    write: async (behindMinutes) =>
      operationMessage(operation, { links: settings, now: ports.clock.now(), behindMinutes }),
  };
}

/** The note goes under the message of the operation or of its incident, once that one stands. */
async function draftNote(publication: Publication, deps: DraftDeps): Promise<Draft | null> {
  const operation = await deps.ports.operations.find(publication.key.slice(0, -ENDING.length));
  if (operation === null || !isEnded(operation)) return null;
  const parent = await deps.publications.find(operation.incidentId ?? operation.id);
  const posted = parent?.posted ?? null;
  if (posted === null) return null;
  if (isQuiet(operation)) {
    await deps.publications.markShown(publication.key, { ...posted, revision: operation.revision });
    return null;
  }
  return {
    publication,
    revision: operation.revision,
    channel: posted.channel,
    thread: posted.ts,
    urgency: NOTE_URGENCY,
    since: operation.endedAt ?? operation.createdAt,
    traceparent: operation.origin?.traceparent,
    write: async (behindMinutes) =>
      endingNote(operation, { links: deps.settings, now: deps.ports.clock.now(), behindMinutes }),
  };
}

const isQuiet = ({ command, incidentId, ending }: Operation): boolean =>
  QUIET.includes(command) || (QUIET_ON_CARDS.includes(command) && incidentId !== null && ending === "done");
