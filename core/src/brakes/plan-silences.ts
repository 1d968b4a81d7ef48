import { type FoundSilence, isSameSilence, type WantedSilence } from "../domain/silence.ts";

/** What has to be done so that Alertmanager mutes what is wanted and nothing else. */
export interface SilencePlan {
  readonly put: readonly { readonly silence: WantedSilence; readonly found: FoundSilence | undefined }[];
  readonly end: readonly FoundSilence[];
}

/** Renewed while so much of its time is left, so that two renewals may fail. */
const RENEW_BEFORE_SHARE = 2 / 3;

/**
 * Compares what is wanted with what there is.
 * @param isOver whether what a silence was for has ended; one of which nobody knows that is left to end by itself
 */
export function planSilences(
  { wanted, found }: { wanted: readonly WantedSilence[]; found: readonly FoundSilence[] },
  now: number,
  isOver: (key: string) => boolean,
): SilencePlan {
  const pairs = wanted
    .filter(({ until }) => until > now)
    .map((silence) => ({ silence, found: found.find((one) => isSameSilence(one, silence)) }));
  const kept = new Set(pairs.map((pair) => pair.found));
  const keys = new Set(pairs.map(({ silence }) => silence.key));
  return {
    put: pairs.filter((pair) => pair.found === undefined || isToRenew(pair.silence, pair.found, now)),
    // Of a key that is wanted, what mutes something else than is wanted by now.
    end: found.filter((one) => !kept.has(one) && (keys.has(one.key) || isOver(one.key))),
  };
}

function isToRenew({ until, renewedForMs }: WantedSilence, { endsAt }: FoundSilence, now: number): boolean {
  // Alertmanager keeps milliseconds; a second more or less mutes nobody.
  if (Math.abs(endsAt - until) < 1000) return false;
  return renewedForMs === null || endsAt - now < renewedForMs * RENEW_BEFORE_SHARE;
}
