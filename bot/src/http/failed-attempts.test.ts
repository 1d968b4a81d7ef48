import { randomBytes } from "node:crypto";
import { openLimitUses, type RedisLimitUses } from "@rollcall/core/adapters/redis/limit-uses.ts";
import { type LimitTable, readLimits } from "@rollcall/core/domain/limits.ts";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { createDeliveryRate } from "../alerts/delivery-rate.ts";
import { callers, makeApp, WEBHOOK_TOKEN } from "./app-fixture.ts";
import { limitFailedAttempts } from "./failed-attempts.ts";

const clock = { now: Date.now };
let store: RedisLimitUses;
beforeAll(async () => {
  store = openLimitUses({ url: inject("redisUrl"), fleet: `failed-${randomBytes(4).toString("hex")}`, clock });
  await vi.waitFor(() => store.take({ principal: "probe", wish: null, limits: [] }), 10_000);
});
afterAll(() => store.close());

const table = readLimits("unauthenticated=3/1m,login-failures=2/15m") as LimitTable;

/** A door of its own address, so that tests do not count for each other. */
let lastAddress = 0;
function doorOf(uses: Pick<RedisLimitUses, "take"> = store, remoteAddress?: string) {
  const refused: object[] = [];
  const failedAttempts = limitFailedAttempts({ table, store: uses, onRefused: (one) => void refused.push(one), clock });
  const { app } = makeApp((deps) => ({ ...deps, failedAttempts }));
  lastAddress += 1;
  const own = remoteAddress ?? `203.0.113.${lastAddress}`;
  const ask = async (headers: Record<string, string> = {}, from = own) => {
    const response = await app.inject({ method: "GET", url: "/api/v1/agents", headers, remoteAddress: from });
    return response;
  };
  const status = async (headers: Record<string, string> = {}, from = own) => (await ask(headers, from)).statusCode;
  return { app, ask, status, refused, own };
}
const wrong = (letter: string) => ({ authorization: `Bearer rc_${letter.repeat(43)}` });

describe("requests that are nobody's", () => {
  test("are told after so many to come later, and when", async () => {
    const { ask, status, refused } = doorOf();
    expect([await status(), await status(), await status()]).toEqual([401, 401, 401]);
    const late = await ask();
    expect(late.statusCode).toBe(429);
    expect(Number(late.headers["retry-after"])).toBeGreaterThan(30);
    expect(late.json().message).toMatch(
      /^there may be 3 requests without credentials from one address in a minute; next at/,
    );
    expect(refused).toEqual([{ limit: "unauthenticated", door: "http" }]);
  });

  test("with wrong tokens are counted apart, by address and by what was sent", async () => {
    const { status } = doorOf();
    expect([await status(wrong("a")), await status(wrong("b"))]).toEqual([401, 401]);
    expect(await status(wrong("c"))).toBe(429);
    expect(await status()).toBe(401);
    // From elsewhere the same token is still the same account.
    const elsewhere = doorOf();
    expect([await elsewhere.status(wrong("d")), await elsewhere.status(wrong("d"))]).toEqual([401, 401]);
    expect(await doorOf().status(wrong("d"))).toBe(429);
  });

  test("never keep out good credentials from the same address", async () => {
    const { status } = doorOf();
    for (let times = 0; times < 6; times += 1) await status(wrong("e"));
    expect(await status(wrong("e"))).toBe(429);
    expect(await status(callers.viewer)).toBe(200);
  });

  test("cannot get more by writing addresses into headers, nor by other addresses of one IPv6 network", async () => {
    const { status } = doorOf();
    const seen: number[] = [];
    for (const forged of ["1.1.1.1", "2.2.2.2", "3.3.3.3", "4.4.4.4"])
      seen.push(await status({ "x-forwarded-for": forged, "x-real-ip": forged, forwarded: `for=${forged}` }));
    expect(seen).toEqual([401, 401, 401, 429]);
    const network = doorOf();
    const six: number[] = [];
    for (const host of ["::1", "::2", "1:2:3:4", ":0:0:0:9"].map(
      (end) => `2001:db8:0:7${end.startsWith(":") ? end : `:${end}`}`,
    ))
      six.push(await network.status({}, host));
    expect(six).toEqual([401, 401, 401, 429]);
    expect(await network.status({}, "2001:db8:0:8::1")).toBe(401);
  });

  test("are refused as before while Redis is away", async () => {
    const { status } = doorOf({ take: () => Promise.reject(new Error("away")) });
    for (let times = 0; times < 5; times += 1) expect(await status()).toBe(401);
  });

  test("from a thousand addresses do not fill Redis", async () => {
    let counted = 0;
    const { status } = doorOf({
      async take() {
        counted += 1;
        return null;
      },
    });
    for (let at = 0; at < 1_100; at += 1) await status({}, `198.51.${at >> 8}.${at & 255}`);
    expect(counted).toBe(1_000);
  });
});

describe("deliveries of alerts", () => {
  test("over the limit are 503, so that Alertmanager sends them again, and go on a moment later", async () => {
    let now = 1_000_000;
    const takesDelivery = createDeliveryRate({ most: 2, seconds: 1, what: "deliveries" }, { now: () => now });
    const { app } = makeApp((deps) => ({ ...deps, takesDelivery }));
    const deliver = async () => {
      const headers = { authorization: `Bearer ${WEBHOOK_TOKEN}` };
      return (await app.inject({ method: "POST", url: "/webhooks/alertmanager", headers, payload: {} })).statusCode;
    };
    expect([await deliver(), await deliver(), await deliver()]).toEqual([400, 400, 503]);
    now += 500;
    expect([await deliver(), await deliver()]).toEqual([400, 503]);
  });
});
