import { exportJWK, generateKeyPair, jwtVerify, SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { createKeySet } from "./key-set.ts";

const HOUR = 3_600_000;

/** An issuer that publishes what it is told to, and counts how often it is asked. */
async function issuerOf(...names: string[]) {
  const made = await Promise.all(
    names.map(async (kid) => ({ kid, pair: await generateKeyPair("RS256", { extractable: true }) })),
  );
  const issuer = { published: names, isAway: false, asked: 0 };
  const clock = { at: 1_000_000, now: () => clock.at };
  const keys = createKeySet(async () => {
    issuer.asked += 1;
    if (issuer.isAway) throw new Error("away");
    const shown = made.filter(({ kid }) => issuer.published.includes(kid));
    return {
      keys: await Promise.all(
        shown.map(async ({ kid, pair }) => ({ ...(await exportJWK(pair.publicKey)), kid, alg: "RS256" })),
      ),
    };
  }, clock);
  const check = async (kid: string, said = kid): Promise<boolean> => {
    const key = made.find((one) => one.kid === kid)?.pair.privateKey;
    if (key === undefined) throw new Error(`no key ${kid}`);
    const token = await new SignJWT({}).setProtectedHeader({ alg: "RS256", kid: said }).sign(key);
    return jwtVerify(token, keys, { algorithms: ["RS256"] }).then(
      () => true,
      () => false,
    );
  };
  return { issuer, clock, check };
}

describe("the keys of an issuer (G12)", () => {
  test("are asked for once, not with each token", async () => {
    const { issuer, check } = await issuerOf("a");
    expect(await Promise.all([check("a"), check("a"), check("a")])).toEqual([true, true, true]);
    expect(issuer.asked).toBe(1);
  });

  test("a new one is taken at the next token that names it, a minute after the last question", async () => {
    const { issuer, clock, check } = await issuerOf("a", "b");
    issuer.published = ["a"];
    expect([await check("a"), await check("b")]).toEqual([true, false]);
    issuer.published = ["a", "b"];
    expect(await check("b")).toBe(false);
    clock.at += 60_000;
    expect(await check("b")).toBe(true);
  });

  test("however many tokens name unknown ones, it is asked once a minute", async () => {
    const { issuer, clock, check } = await issuerOf("a", "stranger");
    issuer.published = ["a"];
    for (let minute = 0; minute < 3; minute += 1) {
      for (let index = 0; index < 20; index += 1) expect(await check("stranger", `x-${index}`)).toBe(false);
      clock.at += 60_000;
    }
    expect(issuer.asked).toBe(3);
  });

  test("one that is published no more counts for an hour at most", async () => {
    const { issuer, clock, check } = await issuerOf("a", "b");
    expect(await check("a")).toBe(true);
    issuer.published = ["b"];
    clock.at += HOUR;
    expect([await check("a"), await check("b")]).toEqual([false, true]);
  });

  test("while it is away, known ones count for a day and no longer", async () => {
    const { issuer, clock, check } = await issuerOf("a");
    expect(await check("a")).toBe(true);
    issuer.isAway = true;
    clock.at += 24 * HOUR - 1;
    expect(await check("a")).toBe(true);
    clock.at += 1;
    expect(await check("a")).toBe(false);
    issuer.isAway = false;
    clock.at += 60_000;
    expect(await check("a")).toBe(true);
  });

  test("one of the same name that did not sign is not enough", async () => {
    const { issuer, check } = await issuerOf("a", "b");
    issuer.published = ["a"];
    expect(await check("b", "a")).toBe(false);
  });
});
