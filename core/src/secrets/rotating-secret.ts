import { inspect } from "node:util";
import { SHOWN } from "./redact.ts";
import { Secret } from "./secret.ts";

/** An overlap that is longer is a second key for ever. */
const LONGEST_OVERLAP_DAYS = 31;
const DAY_MS = 86_400_000;
const MOMENT = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;
const ALLOWED = "one secret, or NEW OLD until 2026-12-01T12:00:00Z";

interface Accepted {
  readonly current: Secret;
  readonly previous: { readonly secret: Secret; readonly until: number } | null;
}

/**
 * A secret that others prove themselves with; while it is being changed the one before it counts too, until a moment that
 * is said beforehand. What holds it keeps the same object: `take` puts new ones into it.
 */
export class RotatingSecret {
  #accepted: Accepted;
  #onPrevious: () => void = () => undefined;

  constructor(current: string, previous?: { readonly value: string; readonly until: number }) {
    this.#accepted = {
      current: new Secret(current),
      previous: previous === undefined ? null : { secret: new Secret(previous.value), until: previous.until },
    };
  }

  /**
   * `NEW`, or `NEW OLD until 2026-12-01T12:00:00Z` with any white space between.
   * @param least characters of each
   */
  static read(text: string, least: number, now = Date.now()): RotatingSecret | { readonly problem: string } {
    const [current = "", previous, end] = RotatingSecret.partsOf(text);
    if (current.length < least) return { problem: `at least ${least} characters` };
    if (previous === undefined) return new RotatingSecret(current);
    const until = Date.parse(end ?? "");
    if (!MOMENT.test(end ?? "") || Number.isNaN(until)) return { problem: ALLOWED };
    if (previous.length < least) return { problem: `the one before has at least ${least} characters` };
    if (until - now > LONGEST_OVERLAP_DAYS * DAY_MS)
      return { problem: `both are accepted for at most ${LONGEST_OVERLAP_DAYS} days` };
    return new RotatingSecret(current, { value: previous, until });
  }

  /** Of a text of this form the secret, the one before it, and until when that counts; a passphrase is one secret. */
  static partsOf(text: string): [current: string, previous?: string, until?: string | undefined] {
    const words = text.trim().split(/\s+/);
    const isTwo = words.length === 2 || words[2]?.toLowerCase() === "until";
    if (!isTwo) return [text.trim()];
    const [current = "", previous = "", , end, ...more] = words;
    return [current, previous, more.length === 0 ? end : undefined];
  }

  /** Those that are accepted at this moment, the new one first. */
  accepted(now = Date.now()): readonly Secret[] {
    const { current, previous } = this.#accepted;
    return previous !== null && now < previous.until ? [current, previous.secret] : [current];
  }

  /** Whether it is one of those that are accepted; compares in constant time. */
  matches(candidate: string, now = Date.now()): boolean {
    const match = this.accepted(now).find((secret) => secret.matches(candidate));
    if (match !== undefined) this.used(match);
    return match !== undefined;
  }

  /** Says which of those that are accepted proved somebody. */
  used(secret: Secret): void {
    if (secret === this.#accepted.previous?.secret) this.#onPrevious();
  }

  /** Milliseconds since the epoch until which the one before is accepted; null: there is none. */
  previousUntil(): number | null {
    return this.#accepted.previous?.until ?? null;
  }

  /** Called each time the one before is used, so that it can be seen who has not changed yet. */
  whenPreviousIsUsed(tell: () => void): void {
    this.#onPrevious = tell;
  }

  /** Accepts what the other accepts from now on. @returns whether that is something else */
  take(other: RotatingSecret): boolean {
    const before = this.#accepted;
    this.#accepted = other.#accepted;
    return !isSame(before, other.#accepted);
  }

  toString(): string {
    return SHOWN;
  }
  toJSON(): string {
    return SHOWN;
  }
  [Symbol.toPrimitive](): string {
    return SHOWN;
  }
  [inspect.custom](): string {
    return SHOWN;
  }
}

const isSame = (one: Accepted, other: Accepted): boolean =>
  one.current.matches(other.current.reveal()) &&
  one.previous?.until === other.previous?.until &&
  (one.previous?.secret.reveal() ?? "") === (other.previous?.secret.reveal() ?? "");
