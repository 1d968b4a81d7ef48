import type { ChatMessage } from "@rollcall/core/adapters/slack/chat.ts";
import { mutesWords } from "@rollcall/core/brakes/run-silence.ts";
import type { AskedSilence } from "@rollcall/core/domain/asked-silence.ts";
import { agentsOfSilence } from "@rollcall/core/domain/asked-silence.ts";
import type { Incident } from "@rollcall/core/domain/incident.ts";
import { section } from "./blocks.ts";
import { buttonRow, type OrderButton } from "./buttons.ts";
import { mentionOf } from "./operation.ts";
import { clockTime, foreign, lockScreen, markup, nameSome } from "./text.ts";

/** "🔕 silenced until 04:10 by @Olga (sil-3)" */
export const silencedWords = (silence: AskedSilence | null): string | null =>
  silence === null
    ? null
    : `🔕 silenced until ${clockTime(silence.endsAt)} by @${foreign(silence.asker.name, 60)} (${silence.id})`;

/** Ends the silence of a card; else offers to silence it. */
export const silenceButton = (incident: string, silence: AskedSilence | null): OrderButton =>
  silence === null
    ? { label: "Silence…", order: { command: "silence", input: {}, incident } }
    : { label: "End silence", order: { command: "unsilence", input: { silence: silence.id }, incident } };

/** For whoever cannot go on with it; none where nobody has it. */
export const giveBackButtons = ({ id, acknowledgedBy }: Pick<Incident, "id" | "acknowledgedBy">): OrderButton[] =>
  acknowledgedBy === null
    ? []
    : [{ label: "Give back", order: { command: "unack", input: { alert: id }, incident: id } }];

/** The line in the thread of a card that a silence is about; edited when it ends, which buzzes nobody. */
export function silenceNote(silence: AskedSilence, incident: Pick<Incident, "id" | "state">): ChatMessage {
  const { id, asker, reason, mutes, endedAt, endsAt } = silence;
  const by = `by @${foreign(asker.name, 60)}: ${foreign(reason, 200)}`;
  const what = markup(mutesWords(mutes), 300);
  if (endedAt !== null)
    return {
      text: lockScreen(`Silence ${id} has ended`),
      blocks: [section(`🔔 *Silence ${id} ended* ${clockTime(endedAt)} · it was ${by}`)],
    };
  return {
    text: lockScreen(`Silenced by ${asker.name} (${id})`),
    blocks: [
      section(`🔕 *Silenced until ${clockTime(endsAt)}* (${id}) ${by} · ${what}`),
      ...(incident.state === "firing" ? buttonRow([silenceButton(incident.id, silence)]) : []),
    ],
  };
}

/** What buzzes when a silence is over and its alert is not. @param whom who has it, or who silenced it */
export function firesStill(silence: AskedSilence, whom: AskedSilence["asker"], isGivenBack: boolean): ChatMessage {
  const agents = nameSome(agentsOfSilence(silence).map((agent) => foreign(agent, 63)));
  const back = isGivenBack ? "Nobody has it: take it, or silence it again." : "You have it.";
  const words = `${agents} still fires, and silence ${silence.id} has ended. ${back}`;
  return { text: lockScreen(words), blocks: [section(`🔔 ${mentionOf(whom)} ${words}`)] };
}
