import { beforeEach, describe, expect, test } from "vitest";
import type { Report } from "./domain/report.ts";
import { FakeFleet } from "./fleet-fixture.ts";
import { followRoll } from "./follow-roll.ts";
import { observeFleet } from "./observe-fleet.ts";
import { type RollNews, rollNews } from "./roll-contract.ts";

let fleet: FakeFleet;
let news: RollNews[];
let told: Report[];
beforeEach(() => {
  fleet = new FakeFleet("billing", "invoices", "shipping");
  news = [];
  told = [];
  Object.assign(fleet.ports, { rollWatch: { tell: (one: RollNews) => news.push(rollNews.parse(one)) } });
});

const follow = () => {
  const context = { ...fleet.reading(), requestId: "req-1", tell: (report: Report) => void told.push(report) };
  return followRoll({ who: ["@orders"], begunAt: performance.now() }, context);
};

describe("followRoll", () => {
  test("tells what stands by now, the sick ones first, and whose answer is awaited", async () => {
    fleet.kill("invoices");
    follow().soFar({ view: await observeFleet(fleet.ports), waitingFor: ["shipping"] });
    expect(news).toMatchObject([
      {
        ...{
          requestId: "req-1",
          who: ["@orders"],
          isOver: false,
          called: 3,
          known: 2,
          waitingFor: ["shipping"],
          left: 0,
        },
        agents: [
          { id: "invoices", verdict: "gone", rung: 0 },
          { id: "billing", verdict: "working" },
        ],
      },
    ]);
    expect(told[0]?.headline).toBe("⏳ *2 of 3 agents known* — waiting for shipping");
    expect(told[0]?.lines[0]).toContain("invoices");
  });

  test("tells each verdict once, and again only if it has changed", async () => {
    const following = follow();
    following.soFar({ view: await observeFleet(fleet.ports), waitingFor: ["shipping"] });
    fleet.kill("billing");
    following.over({ ...(await observeFleet(fleet.ports)), tookMs: 10 });
    const last = news.at(-1);
    expect(last).toMatchObject({ isOver: true, known: 3, waitingFor: [] });
    expect(last?.agents.map(({ id }) => id).toSorted()).toEqual(["billing", "shipping"]);
  });

  test("tells nobody where nobody can follow", async () => {
    Object.assign(fleet.ports, { rollWatch: undefined });
    const view = await observeFleet(fleet.ports);
    followRoll({ who: [], begunAt: 0 }, fleet.reading()).soFar({ view, waitingFor: [] });
    expect([news, told]).toEqual([[], []]);
  });
});
