import type { AskedSilence } from "@rollcall/core/domain/asked-silence.ts";
import type { Incident } from "@rollcall/core/domain/incident.ts";
import type { Publication } from "@rollcall/core/ports/publications.ts";
import type { DraftDeps } from "./draft-deps.ts";
import type { Draft } from "./publish.ts";
import { firesStill, silenceNote } from "./render/silence-words.ts";

const URGENCY = { note: 4, again: 1 } as const;
const KEY = /^(inc-\d+):(sil-\d+)(:again)?$/;

/** Keys of lines in a card's thread: `inc-7:sil-3` of a silence, `inc-7:sil-3:again` when it is over and the alert is not. */
export const isSilenceKey = (key: string): boolean => KEY.test(key);

/** @returns null until the card stands, or if nobody need be told any more */
export async function draftOfSilence(publication: Publication, deps: DraftDeps): Promise<Draft | null> {
  const [, card = "", id = "", again] = KEY.exec(publication.key) ?? [];
  const { ports, publications } = deps;
  const [parent, incident, silence = null] = await Promise.all([
    publications.find(card),
    ports.incidents.find(card),
    ports.askedSilences?.find(id),
  ]);
  if (incident === null || silence === null) return null;
  const isAgain = again !== undefined;
  if (isAgain && incident.state === "resolved" && publication.posted === null) {
    if (!publication.attempted) await publications.forget(publication.key);
    return null;
  }
  const posted = parent?.posted ?? null;
  if (posted === null) return null;
  return {
    ...{ publication, revision: publication.revision, channel: posted.channel, thread: posted.ts },
    urgency: isAgain ? URGENCY.again : URGENCY.note,
    since: silence.endedAt ?? silence.startedAt,
    write: async () => (isAgain ? sayAgain(silence, incident) : silenceNote(silence, incident)),
  };
}

const sayAgain = (silence: AskedSilence, { acknowledgedBy }: Incident) =>
  firesStill(silence, acknowledgedBy ?? silence.asker, acknowledgedBy === null);
