import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openTestGrafana, type TestGrafana } from "./grafana-fixture.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let it: TestGrafana;
beforeEach(async () => {
  it = await openTestGrafana();
});
afterEach(() => it.close());

/** A token that is good at the time of the test, which it has moved. */
async function tokenAt(ahead: number): Promise<string> {
  const now = Math.floor((Date.now() + ahead) / 1000);
  await it.client.alterTokens({ claims: { iat: now, exp: now + 600 } });
  return it.client.tokenOf("viewer");
}
const asked = async (): Promise<number> => (await it.client.calls()).keys;
const unavailable = { code: "unavailable", detail: { retryAt: expect.any(Number) } };

describe("Grafana's signing keys", () => {
  test("are read once for many requests at the same time, and then for an hour", async () => {
    const token = await it.client.tokenOf("viewer");
    await Promise.all(Array.from({ length: 20 }, () => it.prove(token)));
    it.advance(HOUR - 1000);
    await it.prove(await tokenAt(HOUR - 1000));
    expect(await asked()).toBe(1);
    it.advance(1000);
    await it.prove(await tokenAt(HOUR));
    expect(await asked()).toBe(2);
  });

  test("are read again for a token by a new key, and the key before still counts", async () => {
    const before = await it.client.tokenOf("operator");
    await it.prove(before);
    await it.client.rotateKeys();
    it.advance(MINUTE);
    await it.prove(await it.client.tokenOf("viewer"));
    expect(await it.prove(before)).toMatchObject({ subject: "user:sample-operator" });
    expect(await asked()).toBe(2);
  });

  test("G12: are read at most once a minute however many tokens name unknown keys", async () => {
    await it.prove(await it.client.tokenOf("viewer"));
    for (let turn = 0; turn < 3; turn += 1) {
      it.advance(MINUTE);
      await it.client.alterTokens({ count: 30, header: { kid: `unknown-${turn}` } });
      const tokens = await Promise.all(Array.from({ length: 30 }, () => it.client.tokenOf("viewer")));
      const answers = await Promise.allSettled(tokens.map((token) => it.prove(token)));
      expect(answers.every(({ status }) => status === "rejected")).toBe(true);
      expect(await asked()).toBe(2 + turn);
    }
  });

  test("G12: that were withdrawn count no longer once the new ones were read", async () => {
    const before = await it.client.tokenOf("viewer");
    await it.prove(before);
    await it.client.rotateKeys(true);
    it.advance(MINUTE);
    await it.prove(await it.client.tokenOf("operator"));
    await expect(it.prove(before)).rejects.toThrow("Grafana publishes no key of the name that the token carries");
  });

  test("G12: count for 24 hours while Grafana does not answer, then nobody is known", async () => {
    await it.prove(await it.client.tokenOf("viewer"));
    await it.client.failKeys({ kind: "answer", status: 500, count: 1000 });
    it.advance(24 * HOUR - MINUTE);
    await it.prove(await tokenAt(24 * HOUR - MINUTE));
    it.advance(MINUTE);
    const late = await tokenAt(24 * HOUR);
    await expect(it.prove(late)).rejects.toMatchObject(unavailable);
    await it.client.clear();
    it.advance(MINUTE);
    await it.prove(late);
  });

  test("that cannot be read let nobody in, and are asked for again after a minute", async () => {
    await it.client.failKeys({ kind: "answer", status: 503 });
    const token = await it.client.tokenOf("viewer");
    await expect(it.prove(token)).rejects.toMatchObject(unavailable);
    await expect(it.prove(token)).rejects.toMatchObject(unavailable);
    expect(await asked()).toBe(1);
    it.advance(MINUTE);
    await it.prove(token);
    expect(it.problems).toHaveLength(1);
  });

  test.each([
    ["is cut off", { kind: "reset" }],
    ["is no JSON", { kind: "answer", status: 200 }],
    ["has no end", { kind: "huge" }],
    ["is another thing", { kind: "answer", status: 200, body: '{"keys":"none"}' }],
    ["has no key", { kind: "answer", status: 200, body: '{"keys":[]}' }],
    ["has no key for ES256", { kind: "answer", status: 200, body: '{"keys":[{"kty":"oct","kid":"a","k":"AA"}]}' }],
    ["has a key that is no point", { kind: "answer", status: 200, body: pointless() }],
  ] as const)("are not taken from an answer that %s", async (_, fault) => {
    await it.client.failKeys(fault);
    await expect(it.prove(await it.client.tokenOf("viewer"))).rejects.toMatchObject(unavailable);
    expect(it.problems).toEqual([expect.stringContaining("Grafana's keys cannot be read")]);
  });

  test("are not taken from an answer of more than 64 kB, although they are in it", async () => {
    const honest = await (await fetch(`${it.grafana.url}/api/signing-keys/keys`)).text();
    await it.client.failKeys({ kind: "answer", status: 200, body: honest.padEnd(65 * 1024) });
    await expect(it.prove(await it.client.tokenOf("viewer"))).rejects.toMatchObject(unavailable);
    expect(it.problems).toEqual([expect.stringContaining("larger than 65536 bytes")]);
  });

  test("are not waited for longer than 5 seconds", async () => {
    await it.client.failKeys({ kind: "hang" });
    const begin = performance.now();
    await expect(it.prove(await it.client.tokenOf("viewer"))).rejects.toMatchObject(unavailable);
    expect(performance.now() - begin).toBeLessThan(9_000);
  });

  test("are not taken from where an answer sends us", async () => {
    let visits = 0;
    const elsewhere = createServer((_request, response) => {
      visits += 1;
      response.end('{"keys":[]}');
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
    const to = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/api/signing-keys/keys`;
    await it.client.failKeys({ kind: "redirect", to });
    await expect(it.prove(await it.client.tokenOf("viewer"))).rejects.toMatchObject(unavailable);
    expect(visits).toBe(0);
    elsewhere.close();
  });
});

function pointless(): string {
  return JSON.stringify({ keys: [{ kty: "EC", crv: "P-256", kid: "a", x: "AAAA", y: "AAAA" }] });
}
