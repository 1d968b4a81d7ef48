import { createPagerDutyClient } from "@rollcall/local/pagerduty/client.ts";
import { createPagerDutyStandIn, type PagerDutyStandIn } from "@rollcall/local/pagerduty/stand-in.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openOnCalls } from "./on-calls.ts";

const TOKEN = "y_NbAkKc66ryYTWUXYEu";
let pager: PagerDutyStandIn;
let now: number;
beforeAll(async () => {
  pager = await createPagerDutyStandIn({ port: 0, routingKey: "0123456789abcdef0123456789abcdef", apiToken: TOKEN });
});
afterAll(() => pager.close());
beforeEach(() => {
  now = 1_800_000_000_000;
});

const turn = (name: string, level: number, policy = "Payments") => ({
  ...{ name, level, policy, schedule: `${policy} ${level}`, end: "2027-01-15T08:00:00Z" },
});
const open = (token = TOKEN, url = pager.url) => openOnCalls({ url, token, clock: { now: () => now } });
const set = (...turns: ReturnType<typeof turn>[]) => createPagerDutyClient(pager.url).setOnCalls(turns);

describe("who is on call by PagerDuty", () => {
  test("is told by policy and level, with when each turn ends", async () => {
    await set(turn("Second", 2), turn("Olga", 1), turn("Ben", 1, "Content"));
    const { asOf, turns } = await open().now();
    expect(asOf).toBe(now);
    expect(turns.map(({ policy, level, name }) => `${policy} ${level} ${name}`)).toEqual([
      "Content 1 Ben",
      "Payments 1 Olga",
      "Payments 2 Second",
    ]);
    expect(turns[1]).toMatchObject({ schedule: "Payments 1", until: Date.parse("2027-01-15T08:00:00Z") });
  });

  test("is read page by page, to the end", async () => {
    await set(...Array.from({ length: 150 }, (_, index) => turn(`Person ${index}`, 1)));
    expect((await open().now()).turns).toHaveLength(150);
  });

  test("is kept for a minute", async () => {
    await set(turn("Olga", 1));
    const onCalls = open();
    await onCalls.now();
    await set(turn("Ben", 1));
    now += 59_000;
    expect((await onCalls.now()).turns).toMatchObject([{ name: "Olga" }]);
    now += 2_000;
    expect((await onCalls.now()).turns).toMatchObject([{ name: "Ben" }]);
  });

  test("is not known with another key, or when nobody answers, and that is said", async () => {
    await expect(open("another_key_of_20_ch").now()).rejects.toMatchObject({
      code: "unavailable",
      message: "PagerDuty does not say who is on call: Invalid authentication",
    });
    await expect(open(TOKEN, "http://127.0.0.1:9").now()).rejects.toMatchObject({ code: "unavailable" });
  });
});
