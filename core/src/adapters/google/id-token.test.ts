import { generateKeyPair, SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { checkIdToken } from "./id-token.ts";

const expected = {
  issuer: "https://accounts.google.com",
  clientId: "client",
  hostedDomain: "example.test",
  nonce: null,
};
const claims = { hd: "example.test", email: "olga@example.test", email_verified: true };

/** A token that is right in everything but its algorithm, and a finder of its very key. */
async function tokenBy(alg: string, issuer = "https://accounts.google.com") {
  const { publicKey, privateKey } = await generateKeyPair(alg);
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg, kid: "a" })
    .setIssuer(issuer)
    .setAudience("client")
    .setSubject("100000000000000000001")
    .setIssuedAt()
    .setExpirationTime("1h")
    .sign(privateKey);
  return { token, with: { keys: async () => publicKey, clock: { now: () => Date.now() } } };
}

describe("checkIdToken", () => {
  test.each(["https://accounts.google.com", "accounts.google.com"])(
    "believes Google, which calls itself %s",
    async (name) => {
      const made = await tokenBy("RS256", name);
      expect(await checkIdToken(made.token, expected, made.with)).toMatchObject({ google: "100000000000000000001" });
    },
  );

  test.each(["RS512", "PS256", "ES256"])("takes no signature by %s, even a good one", async (alg) => {
    const made = await tokenBy(alg);
    await expect(checkIdToken(made.token, expected, made.with)).rejects.toMatchObject({ detail: { rule: "alg" } });
  });
});
