import { agents } from "../api/lists.ts";
import { useLiveList } from "../api/live-list.ts";
import { fitsContext, useContextChoice } from "./context.ts";
import { usePlace } from "./place.ts";

/** Whether something about some agents is about what all pages look at; with no choice, everything is. */
export function useConcerns(): (about: readonly string[]) => boolean {
  const context = useContextChoice(usePlace());
  const { items } = useLiveList(agents);
  if (context === null) return () => true;
  return (about) => about.some((id) => fitsContext(context, { id, group: items.get(id)?.group ?? "" }));
}
