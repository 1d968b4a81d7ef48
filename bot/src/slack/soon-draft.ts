import { agentsOfSilence } from "@rollcall/core/domain/asked-silence.ts";
import type { Publication } from "@rollcall/core/ports/publications.ts";
import type { DraftDeps } from "./draft-deps.ts";
import type { Draft } from "./publish.ts";
import { card, context, section } from "./render/blocks.ts";
import { behindWords } from "./render/operation.ts";
import { clockTime, foreign, lockScreen, nameSome } from "./render/text.ts";

const URGENCY = 4;

/** Keys of what is said five minutes before a maintenance window, a freeze or a silence ends: `mw-3:soon`. */
export const isSoonKey = (key: string): boolean => /^(mw|fz|sil)-\d+:soon$/.test(key);

/** @returns null once it has ended: nobody need be told any more */
export async function draftOfSoon(
  publication: Publication,
  { ports, publications, settings }: DraftDeps,
): Promise<Draft | null> {
  const ending = await findEnding(publication.key.split(":")[0] ?? "", ports);
  if (ending === null) {
    if (!publication.attempted) await publications.forget(publication.key);
    return null;
  }
  const { id, mark, what, agents, endsAt, end, by } = ending;
  return {
    ...{ publication, revision: publication.revision, channel: settings.opsChannel, thread: null, urgency: URGENCY },
    since: ports.clock.now(),
    write: async (behindMinutes) =>
      card(lockScreen(`${what} ${id} of ${agents} ends in 5 min`), [
        section(`${mark} *${what} ${id} of ${agents}* ends at ${clockTime(endsAt)}`),
        context(
          [`by ${foreign(by, 60)}`, `\`/fleet ${end}\` ends it now`, behindWords(behindMinutes)]
            .filter((part) => part !== null)
            .join(" · "),
        ),
      ]),
  };
}

async function findEnding(id: string, { freezes, maintenance, askedSilences }: DraftDeps["ports"]) {
  const mark = "⏸";
  if (id.startsWith("sil-")) {
    const silence = (await askedSilences?.open())?.find((one) => one.id === id);
    if (silence === undefined) return null;
    const { asker, endsAt } = silence;
    const agents = names(agentsOfSilence(silence));
    return { id, mark: "🔕", what: "Silence", agents, endsAt, by: asker.name, end: `unsilence ${id}` };
  }
  if (id.startsWith("mw-")) {
    const window = (await maintenance?.open())?.find((one) => one.id === id);
    return window === undefined
      ? null
      : { ...window, mark, what: "Maintenance", agents: names(window.agents), end: `maintenance end ${id}` };
  }
  const freeze = (await freezes?.active())?.find((one) => one.id === id);
  if (freeze === undefined) return null;
  const held = freeze.members.filter(({ heldSince }) => heldSince !== null).map(({ agent }) => agent);
  return { ...freeze, mark, what: "Freeze", agents: names(held), end: `thaw ${id}` };
}

const names = (agents: readonly string[]): string => nameSome(agents.map((agent) => foreign(agent, 63)));
