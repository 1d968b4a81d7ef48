import type { Publication } from "@rollcall/core/ports/publications.ts";
import { wholeDuration } from "@rollcall/core/whole-duration.ts";
import type { DraftDeps } from "./draft-deps.ts";
import type { Draft } from "./publish.ts";
import { section } from "./render/blocks.ts";
import { mentionOf } from "./render/operation.ts";
import { lockScreen } from "./render/text.ts";

const URGENCY = 1;
const KEY = /^(inc-\d+):reminder-(\d+)$/;

/** Keys of lines in a card's thread that remind whoever has it: `inc-7:reminder-3`. */
export const isReminderKey = (key: string): boolean => KEY.test(key);

/** @returns null until the card stands, or if its alert has ended before anybody was reminded */
export async function draftOfReminder(publication: Publication, deps: DraftDeps): Promise<Draft | null> {
  const [, card = "", id = ""] = KEY.exec(publication.key) ?? [];
  const { ports, publications } = deps;
  const [parent, incident, reminder = null] = await Promise.all([
    publications.find(card),
    ports.incidents.find(card),
    ports.reminders?.find(id),
  ]);
  if (incident === null || reminder === null) return null;
  if (incident.state === "resolved" && publication.posted === null) {
    if (!publication.attempted) await publications.forget(publication.key);
    return null;
  }
  const posted = parent?.posted ?? null;
  if (posted === null) return null;
  const { taker, takenAt, remindedAt, times } = reminder;
  const since = wholeDuration((remindedAt - takenAt) / 1000);
  const words =
    times === 1
      ? `you have had ${card} for ${since}, and it still fires.`
      : `you have had ${card} for ${since}, and it still fires: it was given back, and nobody has it. Take it again, or somebody else will.`;
  return {
    ...{ publication, revision: publication.revision, channel: posted.channel, thread: posted.ts, urgency: URGENCY },
    since: remindedAt,
    write: async () => ({
      text: lockScreen(`⏰ ${words}`),
      blocks: [section(`⏰ ${mentionOf(taker)} ${words}`)],
    }),
  };
}
