import type { ChatMessage } from "@rollcall/core/adapters/slack/chat.ts";
import type { BreakGlassUse } from "@rollcall/core/ports/break-glass.ts";
import type { Publication } from "@rollcall/core/ports/publications.ts";
import type { DraftDeps } from "./draft-deps.ts";
import type { Draft } from "./publish.ts";
import { context, section } from "./render/blocks.ts";
import { foreign, lockScreen } from "./render/text.ts";

/** People who watch the watchers read it; nobody's agent waits for it. */
const URGENCY = 2;

/** `bg-3`: who went past the usual path, why, and whether somebody has looked at it. @returns null if there is no such use */
export async function draftOfBreakGlass(publication: Publication, deps: DraftDeps): Promise<Draft | null> {
  const use = (await deps.ports.breakGlass?.find(publication.key)) ?? null;
  if (use === null) return null;
  const { auditChannel, opsChannel } = deps.settings;
  return {
    ...{ publication, revision: use.revision, channel: auditChannel ?? opsChannel, thread: null, urgency: URGENCY },
    since: use.beganAt,
    write: async () => breakGlassMessage(use),
  };
}

/** What is shown of a use: all that it says of itself was typed on the host. */
export function breakGlassMessage(use: BreakGlassUse): ChatMessage {
  const { id, command, agent, actor, reason, ending, error, operationId, reviewedBy, review } = use;
  const what =
    command === null
      ? "*The spool of break-glass cannot be believed*"
      : `*Break-glass: ${foreign(command, 40)} ${foreign(agent ?? "", 63)}* by ${foreign(actor, 80)}`;
  const outcome = command === null ? [] : [`ended ${ending}${error === null ? "" : `: ${foreign(error, 200)}`}`];
  const small = [id, ...(operationId === null ? [] : [operationId]), ...outcome].join(" · ");
  const open = `✋ Needs a review by an admin: \`/fleet review-break-glass ${id} what you found\``;
  const last = reviewedBy === null ? open : `✅ Reviewed by ${foreign(reviewedBy, 80)}: ${foreign(review ?? "", 200)}`;
  return {
    text: lockScreen(`Break-glass on the host: ${command ?? "damaged spool"} ${agent ?? ""}, ${reason}`),
    blocks: [section(`🔓 ${what}\n> ${foreign(reason, 300)}\n${last}`), context(small)],
  };
}
