import { describe, expect, test } from "vitest";
import { deriveBroadcastKey, openBroadcasts, publicBroadcastKey, signBroadcast } from "./broadcast-seal.ts";
import { deriveAgentKey, seal } from "./seal.ts";

const FLEET_KEY = "a fleet key of at least 32 characters";
const key = deriveBroadcastKey(FLEET_KEY);
const open = openBroadcasts(publicBroadcastKey(FLEET_KEY));

describe("a broadcast", () => {
  test("is opened with the public key of the fleet that signed it, letters of any language included", () => {
    expect(open(signBroadcast(key, { a: "grün" }))).toBe('{"a":"grün"}');
  });

  test.each([
    ["signed for another fleet", signBroadcast(deriveBroadcastKey(`another ${FLEET_KEY}`), { a: 1 })],
    ["with a changed body", signBroadcast(key, { a: 1 }).replace('"a":1', '"a":2')],
    ["sealed with an agent's own key", seal(deriveAgentKey(FLEET_KEY, "billing"), { a: 1 })],
    ["with a cut signature", signBroadcast(key, { a: 1 }).replace(/^e1\.../, "e1.")],
    ["without a signature", '{"a":1}'],
    ["of nothing", ""],
  ])("%s is refused", (_, signed) => {
    expect(open(signed)).toBeNull();
  });

  test("cannot be signed with what an agent has", () => {
    expect(publicBroadcastKey(FLEET_KEY)).not.toBe(key.export({ format: "der", type: "pkcs8" }).toString("hex"));
    expect(() => deriveBroadcastKey(publicBroadcastKey(FLEET_KEY))).not.toThrow();
    expect(open(signBroadcast(deriveBroadcastKey(publicBroadcastKey(FLEET_KEY)), { a: 1 }))).toBeNull();
  });

  test("needs a key that is one", () => {
    expect(() => openBroadcasts("00")).toThrow();
  });
});
