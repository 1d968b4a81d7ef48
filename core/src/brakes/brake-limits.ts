/** At most `most` restarts of one agent, none of which helped, within any `seconds`. */
export interface RestartLimit {
  readonly most: number;
  readonly seconds: number;
}

/** At most `share` of the fleet, but always `LEAST_AGENTS`, within any `seconds`. */
export interface ShareLimit {
  /** 0–1 */
  readonly share: number;
  readonly seconds: number;
}

/** What may be restarted and stopped before a brake closes; null: that brake is off. */
export interface BrakeLimits {
  /** Of one agent, by anybody, while none helps. */
  readonly agent: RestartLimit | null;
  /** Of one agent by what is no person, whether it helps or not: it flaps (reference/reliability A5). */
  readonly automation: RestartLimit | null;
  /** Of the whole fleet, one by one, by anybody (reference/reliability abuse 51). */
  readonly fleet: ShareLimit | null;
}

/** A fleet of five would otherwise not even get one agent restarted and the next one stopped. */
export const LEAST_AGENTS = 3;

export const BRAKE_LIMITS: BrakeLimits = {
  agent: { most: 3, seconds: 900 },
  automation: { most: 3, seconds: 600 },
  fleet: { share: 0.2, seconds: 600 },
};

const NAMES = Object.keys(BRAKE_LIMITS) as (keyof BrakeLimits)[];
const FORM = "agent=3/15m, automation=3/10m, fleet=20%/10m, or NAME=off";
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
const LONGEST_SECONDS = 86_400;

/**
 * The limits in force.
 * @param text what differs from the standard: `agent=5/30m, fleet=off`; "" changes nothing
 * @returns them, or what is allowed where the text is wrong
 */
export function readBrakeLimits(text: string): BrakeLimits | { readonly problem: string } {
  const parts = text.split(",").map((word) => word.trim());
  const read = parts.filter((part) => part !== "").map(readPart);
  return read.every((part) => part !== null) ? Object.assign({}, BRAKE_LIMITS, ...read) : { problem: FORM };
}

function readPart(part: string): Partial<BrakeLimits> | null {
  const [, name = "", value = ""] = /^([a-z]+)\s*=\s*(.+)$/.exec(part) ?? [];
  if (!NAMES.some((known) => known === name)) return null;
  const limit = value === "off" ? null : readLimit(name === "fleet" ? "%" : "", value);
  return limit === undefined ? null : { [name]: limit };
}

function readLimit(sign: "%" | "", value: string): RestartLimit | ShareLimit | undefined {
  const [, count, found, length, unit = ""] = /^(\d{1,4})(%?)\/(\d{1,5})([smh])$/.exec(value) ?? [];
  const most = Number(count);
  const seconds = Number(length) * (UNITS[unit] ?? Number.NaN);
  const isFit = found === sign && most >= 1 && seconds >= 1 && seconds <= LONGEST_SECONDS;
  if (!isFit || (sign === "%" && most > 100)) return undefined;
  return sign === "%" ? { share: most / 100, seconds } : { most, seconds };
}
