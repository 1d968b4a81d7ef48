import { Store } from "./store.ts";

const KEY = "rollcall-fleet-app.refresh";
/** As Grafana's own picker writes them. */
export const INTERVALS = ["5s", "10s", "30s", "1m"] as const;
const MS: Readonly<Record<string, number>> = { "5s": 5_000, "10s": 10_000, "30s": 30_000, "1m": 60_000 };

export const refreshChoice = new Store<string>(recall());

/** @param choice "auto", "" for off, or one of the intervals */
export function chooseRefresh(choice: string): void {
  refreshChoice.set(choice);
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // Storage may be forbidden; then the choice lasts as long as the page.
    return;
  }
}

/** @param usualMs what the page would do by itself; null: ask once @returns null: not again */
export function refreshMs(choice: string, usualMs: number | null): number | null {
  if (usualMs === null || choice === "") return null;
  return MS[choice] ?? usualMs;
}

function recall(): string {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "" || (kept !== null && kept in MS) ? kept : "auto";
  } catch {
    return "auto";
  }
}
