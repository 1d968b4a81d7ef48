import { describe, expect, test } from "vitest";
import { keepOutOfText, redact } from "./redact.ts";
import { Secret } from "./secret.ts";

describe("redact, by value", () => {
  test("shows nothing of a secret that was loaded, whatever it stands in", () => {
    const value = 'pL4"n\\t3d sécret/+1';
    new Secret(value);
    const places = [value, JSON.stringify({ value }), `https://h/?x=${encodeURIComponent(value)}`, `a${value}b`];
    for (const place of places) {
      expect(redact(place)).toContain("[secret]");
      expect(redact(place)).not.toContain("n\\t3d");
      expect(redact(place)).not.toContain("l4%22n");
    }
    expect(JSON.parse(redact(JSON.stringify({ value, other: 1 })))).toEqual({ value: "[secret]", other: 1 });
  });

  test("hides the password of an address that was loaded, not its host", () => {
    keepOutOfText("postgres://rollcall:p%40ssw-7Hq2x@db.example.test/rollcall?sslpassword=zK83mfQa");
    const text = "login of p@ssw-7Hq2x or p%40ssw-7Hq2x with zK83mfQa at db.example.test refused";
    expect(redact(text)).toBe("login of [secret] or [secret] with [secret] at db.example.test refused");
  });

  test("leaves ordinary words alone, even if somebody took one as a password", () => {
    keepOutOfText("postgres://rollcall:rollcall@127.0.0.1/rollcall");
    expect(redact('{"service":"rollcall-control"}')).toBe('{"service":"rollcall-control"}');
  });

  test("takes out values that this process did not load, the longest first", () => {
    expect(redact("a long-value-of-it b", ["long-value-of-it", "value"])).toBe("a [secret] b");
  });
});

describe("redact, by form", () => {
  const KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0B\n-----END PRIVATE KEY-----";

  test.each([
    ["xoxb-12345-abcdef", "xoxb-12345"],
    ["xoxe.xoxp-1-Mi0yLTEyMzQ", "Mi0yLTEyMzQ"],
    ["xapp-1-A0-123-abc", "A0-123"],
    [`rc_${"a".repeat(43)}`, "aaaa"],
    ["ya29.a0AfH6SMBx-y_z", "a0AfH6"],
    ["1//0gAbCdEfGhIjK", "gAbCdEf"],
    ["GOCSPX-abcdefghij", "abcdefghij"],
    ["hvs.CAESIJabcdef", "CAESIJ"],
    ["eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "c2lnbmF0dXJl"],
    ["Authorization: Bearer abc", "abc"],
    ['{\\"authorization\\":\\"Basic dTpw\\"}', "dTpw"],
    ["curl -H 'Bearer 0123456789abcdefXYZ'", "0123456789abcdefXYZ"],
    ["redis://control:hunter2@host:1", "hunter2"],
    ["https://hooks.slack.com/commands/T0/123/abcDEF", "abcDEF"],
    ["wss://wss-primary.slack.com/link/?ticket=abc-def&app_id=1", "abc-def"],
    ["/oauth?code=4/0AbCd&state=x", "4/0AbCd"],
    [KEY, "MIIEvQ"],
    [JSON.stringify({ KEY }), "MIIEvQ"],
    [`half a key ${KEY.slice(0, 50)}`, "MIIEvQ"],
  ])("%s", (text, secret) => {
    expect(redact(text)).toContain("[secret]");
    expect(redact(text)).not.toContain(secret);
  });

  test("a line of JSON stays JSON", () => {
    const line = JSON.stringify({ a: KEY.slice(0, 40), b: "Bearer 0123456789abcdefXYZ", c: "redis://a:b@c", d: "end" });
    expect(JSON.parse(redact(line))).toMatchObject({ d: "end" });
  });

  test.each([
    "command accepted: restart billing, op-17",
    "https://rollcall.example.test/operations/op-17?from=slack",
    "the bearer token is not known",
    "2026-11-21T03:10:02.123Z warn a part has a problem",
    "xoxb is a kind of token",
  ])("leaves %j as it is", (text) => {
    expect(redact(text)).toBe(text);
  });

  test("a text made to be slow is done at once", () => {
    // Each is the start of a form again and again, never its end.
    for (const part of ["://a:", "-----BEGIN PRIVATE KEY-----", "eyJaaaaaa.", "authorization: bearer ", "?code="])
      expect(redact(part.repeat(20_000)).length).toBeGreaterThan(0);
  });
});
