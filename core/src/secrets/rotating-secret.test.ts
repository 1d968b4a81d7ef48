import { describe, expect, test } from "vitest";
import { RotatingSecret } from "./rotating-secret.ts";

const NEW = "the-new-one-0123456789";
const OLD = "the-old-one-0123456789";
const NOW = Date.UTC(2026, 10, 21, 12);
const END = "2026-11-21T13:00:00Z";
const read = (text: string): RotatingSecret => {
  const found = RotatingSecret.read(text, 16, NOW);
  if (found instanceof RotatingSecret) return found;
  throw new Error(found.problem);
};

describe("a secret that is being changed", () => {
  test("is two until the moment that was said, and one from then on", () => {
    const secret = read(`${NEW}\n${OLD} until ${END}\n`);
    expect([secret.matches(NEW, NOW), secret.matches(OLD, NOW), secret.matches("", NOW)]).toEqual([true, true, false]);
    const end = Date.parse(END);
    expect([secret.matches(OLD, end - 1), secret.matches(OLD, end), secret.matches(NEW, end)]).toEqual([
      true,
      false,
      true,
    ]);
    expect(secret.previousUntil()).toBe(end);
  });

  test("starts after its end, too: the old one is just not accepted", () => {
    const secret = RotatingSecret.read(`${NEW} ${OLD} until ${END}`, 16, NOW + 86_400_000);
    expect(secret instanceof RotatingSecret && secret.matches(OLD, NOW + 86_400_000)).toBe(false);
  });

  test("may be a passphrase", () => {
    expect(read("correct horse battery staple").matches("correct horse battery staple", NOW)).toBe(true);
  });

  test.each([
    ["short", "at least 16 characters"],
    [`${NEW} ${OLD}`, "one secret, or NEW OLD until"],
    [`${NEW} ${OLD} until tomorrow`, "one secret, or NEW OLD until"],
    [`${NEW} ${OLD} until 2026-11-21`, "one secret, or NEW OLD until"],
    [`${NEW} ${OLD} until ${END} please`, "one secret, or NEW OLD until"],
    [`${NEW} short until ${END}`, "the one before has at least 16 characters"],
    [`${NEW} ${OLD} until 2027-11-21T13:00:00Z`, "at most 31 days"],
  ])("%j is refused", (text, words) => {
    const found = RotatingSecret.read(text, 16, NOW);
    expect("problem" in found && found.problem).toContain(words);
    expect(JSON.stringify(found)).not.toMatch(/the-(new|old)-one/);
  });

  test("tells each time that somebody still uses the old one", () => {
    const secret = read(`${NEW} ${OLD} until ${END}`);
    let used = 0;
    secret.whenPreviousIsUsed(() => {
      used += 1;
    });
    secret.matches(NEW, NOW);
    secret.matches("another one altogether", NOW);
    expect(used).toBe(0);
    secret.matches(OLD, NOW);
    expect(used).toBe(1);
  });

  test("takes new ones where it is held, and says whether they are new", () => {
    const secret = read(OLD);
    expect(secret.take(read(OLD))).toBe(false);
    expect(secret.take(read(`${NEW} ${OLD} until ${END}`))).toBe(true);
    expect(secret.matches(NEW, NOW)).toBe(true);
    expect(secret.take(read(NEW))).toBe(true);
    expect(secret.matches(OLD, NOW)).toBe(false);
  });

  test("prints as [secret]", () => {
    const secret = read(`${NEW} ${OLD} until ${END}`);
    for (const text of [`${secret}`, JSON.stringify(secret), String(secret)]) expect(text).toMatch(/^"?\[secret\]"?$/);
  });
});
