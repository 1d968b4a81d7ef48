import type { Incident } from "../api/contract.ts";

/** The most severe first, then the newest. */
export const worstFirst = (all: readonly Incident[]): Incident[] =>
  all.toSorted((a, b) => a.criticality.localeCompare(b.criticality) || b.openedAt - a.openedAt);
