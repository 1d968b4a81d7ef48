import { useCommands } from "../api/commands.ts";
import type { Refusal } from "../api/refusal.ts";

/** Looking at the fleet is the least that a role allows. */
const LEAST = "agents";

/** Why this person may see nothing: a rule, or that nobody knows them; null: they may, or it is not known yet. */
export function useSeesNothing(): string | Refusal | null {
  const { content, refusal } = useCommands();
  if (content === undefined) return refusal?.kind === "unknown-person" ? refusal : null;
  return content.commands.find(({ name }) => name === LEAST)?.whyNot ?? null;
}
