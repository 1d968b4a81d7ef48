import { openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createLiveTickets } from "./live-tickets.ts";

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());
beforeEach(() => store.pool.query("truncate live_tickets"));

const use = { person: "viewer", tokenId: "viewer-token", topics: ["agents"], origin: "https://page.example.test" };

describe("a ticket for a live stream", () => {
  test("is worth what it was issued for, in another replica, once", async () => {
    const ticket = await createLiveTickets(store.pool).issue(use);
    expect(ticket).toMatch(/^rt_[\w-]{43}$/);
    const other = createLiveTickets(store.pool);
    expect(await other.redeem(ticket)).toEqual(use);
    expect(await other.redeem(ticket)).toBeNull();
    expect(await other.redeem("rt_made-up")).toBeNull();
  });

  test("lets one in of many who come with it at the same moment", async () => {
    const tickets = createLiveTickets(store.pool);
    const ticket = await tickets.issue(use);
    const found = await Promise.all(Array.from({ length: 20 }, () => tickets.redeem(ticket)));
    expect(found.filter((one) => one !== null)).toHaveLength(1);
  });

  test("is stored as a hash only", async () => {
    const ticket = await createLiveTickets(store.pool).issue(use);
    const { rows } = await store.pool.query<{ text: string }>("select t::text as text from live_tickets t");
    expect(rows).toHaveLength(1);
    expect(rows[0]?.text).not.toContain(ticket.slice(3));
    expect(rows[0]?.text).not.toContain(Buffer.from(ticket).toString("hex"));
  });

  test("is nothing any more after 30 s, and is removed when the next one is issued", async () => {
    const tickets = createLiveTickets(store.pool);
    const old = await tickets.issue(use);
    const { rows } = await store.pool.query<{ seconds: string }>(
      "select extract(epoch from expires_at - clock_timestamp()) as seconds from live_tickets",
    );
    expect(Number(rows[0]?.seconds)).toBeGreaterThan(20);
    expect(Number(rows[0]?.seconds)).toBeLessThanOrEqual(30);
    const older = await tickets.issue(use);
    await store.pool.query("update live_tickets set expires_at = clock_timestamp() - interval '1 second'");
    expect(await tickets.redeem(old)).toBeNull();
    await tickets.issue({ ...use, person: "another" });
    const left = await store.pool.query("select person from live_tickets");
    expect(left.rows).toEqual([{ person: "another" }]);
    expect(await tickets.redeem(older)).toBeNull();
  });

  test("is refused to who has twenty that were not used, and to nobody else", async () => {
    const tickets = createLiveTickets(store.pool);
    const all = [];
    for (let index = 0; index < 20; index += 1) all.push(await tickets.issue(use));
    await expect(tickets.issue(use)).rejects.toMatchObject({ code: "too_many_requests" });
    await tickets.issue({ ...use, person: "another" });
    await tickets.redeem(all[0] as string);
    await tickets.issue(use);
  });
});
