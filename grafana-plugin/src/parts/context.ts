import { locationService } from "@grafana/runtime";
import { Store, useStore } from "../api/store.ts";
import { changeQuery, type Place } from "./place.ts";

/** What all pages look at: a group, an agent, or everything. Written `group:orders` and `agent:billing`. */
export interface Context {
  readonly kind: "group" | "agent";
  readonly name: string;
}

const KEY = "rollcall-fleet-app.context";
const remembered = new Store<string | null>(recall());

// Another tab chose: this one follows, also if its address says something else by now.
window.addEventListener("storage", ({ key }) => {
  if (key !== KEY) return;
  remembered.set(recall());
  if (new URLSearchParams(locationService.getLocation().search).has("context")) changeQuery({ context: recall() });
});

/** The choice of this address, else the one that was made last, in any tab. */
export function useContextChoice({ query }: Pick<Place, "query">): Context | null {
  const memory = useStore(remembered);
  return readContext(query.get("context") ?? memory ?? "");
}

/** @returns null for everything */
export function readContext(text: string): Context | null {
  const [, kind, name] = /^(group|agent):([a-z0-9][a-z0-9._-]{0,99})$/.exec(text) ?? [];
  return kind === undefined || name === undefined ? null : { kind: kind as Context["kind"], name };
}

/** Chooses for all pages and tabs; null takes the choice away. */
export function chooseContext(context: Context | null): void {
  const text = context === null ? null : `${context.kind}:${context.name}`;
  store(text);
  remembered.set(text);
  changeQuery({ context: text });
}

export const fitsContext = (context: Context | null, { id, group }: { id: string; group: string }): boolean =>
  context === null || (context.kind === "group" ? group === context.name : id === context.name);

function recall(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    // Storage may be forbidden; then the choice lasts as long as the page.
    return null;
  }
}

function store(text: string | null): void {
  try {
    if (text === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, text);
  } catch {
    return;
  }
}
