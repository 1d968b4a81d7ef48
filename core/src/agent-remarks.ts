import { CLOCK_SKEW_SECONDS } from "./domain/freshness.ts";
import { listed } from "./fleet-words.ts";
import type { SeenAgent } from "./observe-fleet.ts";

/** What is to be said of an agent beside its verdict. */
export function remarksOn({ forged, otherMajor, beat, judgement }: SeenAgent): string[] {
  const skew = skewWords(beat?.clockSkewMs ?? 0);
  return [
    ...(forged ? ["somebody else wrote its heartbeat"] : []),
    ...(otherMajor && judgement.note === null ? [`its newest heartbeat is of protocol ${otherMajor.version}`] : []),
    ...(skew === null ? [] : [`its clock is ${skew}`]),
  ];
}

/** "🕐 Clocks that are off: billing 3600 s ahead"; no line if all are right. */
export function clockLines(agents: readonly SeenAgent[]): string[] {
  const off = agents.flatMap(({ expected, beat }) => {
    const skew = skewWords(beat?.clockSkewMs ?? 0);
    return skew === null ? [] : [`${expected.id} ${skew}`];
  });
  return off.length === 0 ? [] : [`🕐 Clocks that are off: ${listed(off, 3)}`];
}

function skewWords(skewMs: number): string | null {
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  return seconds <= CLOCK_SKEW_SECONDS ? null : `${seconds} s ${skewMs > 0 ? "ahead" : "behind"}`;
}
