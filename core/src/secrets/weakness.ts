/** Placeholders of examples, and what people put in to get going. */
const SAMPLES =
  /change[-_ ]?me|example|placeholder|your[-_ ]|password|passw0rd|hunter2|secret|dummy|sample|qwertyu|letmein|default|rollcall/i;
/** Of tokens the maker's prefix is not part of the secret. */
const PREFIX = /^(?:xox[a-z]-|xapp-|rc_)/;
const LEAST_BITS = 48;

/**
 * Why a value is no good as a secret in production.
 * @param least characters, without the maker's prefix
 * @returns the end of a sentence about it that does not repeat it, or null if nothing is wrong
 */
export function weaknessOf(value: string, least: number): string | null {
  const secret = value.replace(PREFIX, "");
  if (secret.trim() === "") return "is empty";
  if (SAMPLES.test(secret)) return "is a default or a sample";
  if (secret.length < least) return `has ${secret.length} characters, at least ${least} are needed`;
  if (isRegular(secret) || bitsOf(secret) < LEAST_BITS) return "is too easy to guess: take a random one";
  return null;
}

/** The same piece again and again, or characters that mostly follow each other: 0123456789abcdef, aaaa, abab. */
function isRegular(secret: string): boolean {
  const piece = /^(.+?)\1+$/s.exec(secret)?.[1];
  if (piece !== undefined) return true;
  const steps = [...secret.slice(1)].filter(
    (_, at) => Math.abs(secret.charCodeAt(at + 1) - secret.charCodeAt(at)) <= 1,
  );
  return steps.length > secret.length / 2;
}

/** Shannon's measure over its own characters: an upper bound of what a guesser has to find out. */
function bitsOf(secret: string): number {
  const counts = new Map<string, number>();
  for (const character of secret) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= count * Math.log2(count / secret.length);
  return bits;
}
