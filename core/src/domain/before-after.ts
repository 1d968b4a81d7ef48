import type { Measured, TargetProgress } from "./operation.ts";

/** One figure beside another. */
export interface FigureWords {
  readonly label: "Waiting" | "Errors since" | "Rate" | "Version";
  readonly value: string;
}

const NOT_MEASURED = "not measured";

/** "Waiting 216 → 0", "Errors since 0 of 300", "Rate 4.1/s, before 4.0/s", "Version 4.7.2"; nothing if nothing was compared. */
export function figureWords(targets: readonly Pick<TargetProgress, "figures">[]): FigureWords[] {
  const [only, ...others] = targets;
  const { before, after } = only?.figures ?? {};
  if (others.length > 0 || before === undefined || after === undefined || after === null) return [];
  // An agent that does not speak the protocol tells none of them.
  if ([before, after].every(isNothing)) return [];
  return [
    { label: "Waiting", value: change(before.waiting, after.waiting) },
    { label: "Errors since", value: errorsOf(after) },
    { label: "Rate", value: rateOf(before, after) },
    { label: "Version", value: change(before.version, after.version) },
  ];
}

/** Both, or the one that both are; "not measured" where one could not be. */
function change(before: string | number | null, after: string | number | null): string {
  if (before === null && after === null) return NOT_MEASURED;
  if (before === after) return String(after);
  return `${before ?? NOT_MEASURED} → ${after ?? NOT_MEASURED}`;
}

/** Counted by the process that runs now. */
const errorsOf = ({ failed, handled }: Measured): string =>
  failed === null || handled === null ? NOT_MEASURED : `${failed} of ${handled}`;

function rateOf(before: Measured, after: Measured): string {
  const words = (perSecond: number | null): string =>
    perSecond === null ? NOT_MEASURED : `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)}/s`;
  if (before.perSecond === null && after.perSecond === null) return NOT_MEASURED;
  return `${words(after.perSecond)}, before ${words(before.perSecond)}`;
}

const isNothing = ({ waiting, version, handled }: Measured): boolean =>
  waiting === null && version === null && handled === null;
