import type { AlertOffer } from "@rollcall/core/ports/alert-offers.ts";
import type { Publication } from "@rollcall/core/ports/publications.ts";
import type { DraftDeps } from "./draft-deps.ts";
import type { Draft } from "./publish.ts";
import { section } from "./render/blocks.ts";
import { buttonRow, type OrderButton } from "./render/buttons.ts";
import { mentionOf } from "./render/operation.ts";
import { foreign, lockScreen } from "./render/text.ts";

const URGENCY = 2;
const KEY = /^(inc-\d+):give-(\d+)(:answer)?$/;

/** Keys of lines in a card's thread: `inc-7:give-3` asks whoever it is offered to, `inc-7:give-3:answer` tells the giver. */
export const isOfferKey = (key: string): boolean => KEY.test(key);

/** @returns null until the card stands, or if its alert has ended before anybody could be asked */
export async function draftOfOffer(publication: Publication, deps: DraftDeps): Promise<Draft | null> {
  const [, card = "", id = "", answer] = KEY.exec(publication.key) ?? [];
  const { ports, publications } = deps;
  const [parent, incident, offer = null] = await Promise.all([
    publications.find(card),
    ports.incidents.find(card),
    ports.offers?.find(id),
  ]);
  if (incident === null || offer === null) return null;
  if (incident.state === "resolved" && publication.posted === null) {
    if (!publication.attempted) await publications.forget(publication.key);
    return null;
  }
  const posted = parent?.posted ?? null;
  if (posted === null) return null;
  return {
    ...{ publication, revision: publication.revision, channel: posted.channel, thread: posted.ts, urgency: URGENCY },
    since: offer.answeredAt ?? offer.offeredAt,
    write: async () => (answer === undefined ? offerNote(offer, incident.state === "firing") : answerNote(offer)),
  };
}

function offerNote({ incident, giver, taker, answer }: AlertOffer, isFiring: boolean) {
  const giverName = foreign(giver.name, 60);
  const words = `${giverName} wants to hand ${incident} over to you. It stays with ${giverName} until you say yes.`;
  const isOpen = answer === null && isFiring;
  const ended = answer === null ? "" : ` · ${ANSWERS[answer]}`;
  return {
    text: lockScreen(`🤝 ${words}`),
    blocks: [
      section(`🤝 ${mentionOf(taker)} ${words}${ended}`),
      ...(isOpen
        ? buttonRow([button("Take it", "give-accept", incident), button("Not now", "give-decline", incident)])
        : []),
    ],
  };
}

const ANSWERS = { taken: "taken", declined: "not now", replaced: "offered to somebody else since" } as const;

const button = (label: string, command: string, incident: string): OrderButton => ({
  label,
  order: { command, input: { alert: incident }, incident },
});

function answerNote({ incident, giver, taker, answer }: AlertOffer) {
  const name = foreign(taker.name, 60);
  const words = answer === "taken" ? `${name} has ${incident} now.` : `${name}: not now. ${incident} is still yours.`;
  return { text: lockScreen(words), blocks: [section(`🤝 ${mentionOf(giver)} ${words}`)] };
}
