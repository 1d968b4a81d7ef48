import type { ChatMessage } from "@rollcall/core/adapters/slack/chat.ts";
import type { IncidentNote } from "@rollcall/core/domain/incident.ts";
import type { Publication } from "@rollcall/core/ports/publications.ts";
import type { DraftDeps } from "./draft-deps.ts";
import type { Draft } from "./publish.ts";
import { context, joined, section } from "./render/blocks.ts";
import { behindWords } from "./render/operation.ts";
import { clockTime, foreign, lockScreen } from "./render/text.ts";

/** The card itself and its edits come first. */
const URGENCY = 4;
// Escaped it must fit into a section of 3,000 characters.
const SHOWN_CHARACTERS = 2800;
const KEY = /^(inc-\d{1,15}):(note-\d{1,15})$/;
export const isNoteKey = (key: string): boolean => KEY.test(key);

/** A note of an incident, in the thread of its card. @returns null as long as the card does not stand */
export async function draftOfIncidentNote(
  publication: Publication,
  { ports, publications }: DraftDeps,
): Promise<Draft | null> {
  const [, incident = "", id = ""] = KEY.exec(publication.key) ?? [];
  const posted = (await publications.find(incident))?.posted ?? null;
  const note = posted === null ? null : ((await ports.incidentRecords?.findNote(id)) ?? null);
  if (posted === null || note === null) return null;
  return {
    ...{ publication, revision: publication.revision, channel: posted.channel, thread: posted.ts, urgency: URGENCY },
    since: note.at,
    write: async (behindMinutes) => noteMessage(note, behindMinutes),
  };
}

function noteMessage({ by, text, at }: IncidentNote, behindMinutes: number | null): ChatMessage {
  return {
    text: lockScreen(`Note by ${by.name}: ${text}`),
    blocks: [
      section(`📝 *${foreign(by.name, 60)}* ${foreign(text, SHOWN_CHARACTERS)}`),
      context(joined([clockTime(at), behindWords(behindMinutes)])),
    ],
  };
}
