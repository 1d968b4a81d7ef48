import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeZoneResolver } from "@grafana/data";
import { VERDICT_RANK, VERDICTS } from "@rollcall/core/domain/verdict.ts";
import { afterEach, describe, expect, test } from "vitest";
import type { Agent, Operation } from "../api/contract.ts";
import { readContext } from "./context.ts";
import { toCsv } from "./export-menu.tsx";
import { isLink } from "./incident-card.tsx";
import { asideOf, figureWords, trendOf } from "./metric-card.tsx";
import { readOrder } from "./order.ts";
import { readPlace } from "./place.ts";
import { estimateWords } from "./progress-tracker.tsx";
import { dayOf } from "./timeline.tsx";
import { ageWords, clockTime, compareSick, countsWords, durationWords, momentWords, waitingOf } from "./words.ts";

const agent = (more: Partial<Agent>): Agent => ({ id: "a", criticality: "P1", health: "healthy", ...more }) as Agent;

describe("the order of agents", () => {
  test("is that of the service: worse first, then more critical, then by name", () => {
    const rank = (one: (typeof VERDICTS)[number]) => VERDICT_RANK[one];
    for (const one of VERDICTS)
      for (const other of VERDICTS) {
        if (rank(one) === rank(other)) continue;
        const order = compareSick(agent({ verdict: one }), agent({ verdict: other }));
        expect(Math.sign(order), `${one}, ${other}`).toBe(Math.sign(rank(one) - rank(other)));
      }
    const all = [
      agent({ id: "b", verdict: "gone" }),
      agent({ verdict: "gone" }),
      agent({ id: "z", criticality: "P0", verdict: "gone" }),
    ];
    expect(all.toSorted(compareSick).map(({ id }) => id)).toEqual(["z", "a", "b"]);
  });
});

describe("words", () => {
  test("what is off is counted apart, and nothing that is not there is counted", () => {
    expect(countsWords([agent({}), agent({ health: "off" })])).toBe("2 expected · 1 healthy · 1 off");
  });

  test.each([
    [0, "0.0 s"],
    [0.0123, "13 ms"],
    [0.44, "0.4 s"],
    [41, "41 s"],
    [150, "3 min"],
    [7500, "2 h 5 min"],
    [200_000, "2 d"],
  ])("%f s is %s", (seconds, words) => expect(durationWords(seconds)).toBe(words));

  test("an age never runs backwards", () => expect(ageWords(-3)).toBe("0 s"));

  test("what waits is unknown, not 0, if one subscription cannot be measured", () => {
    expect(waitingOf({ waiting: [{ topic: "a", lag: 2, pending: 1 }] })).toBe(3);
    expect(waitingOf({ waiting: [{ topic: "a", lag: null, pending: 1 }] })).toBeNull();
    expect(waitingOf({ waiting: null })).toBeNull();
  });

  test("days are the reader's", () => {
    const noon = new Date(2026, 10, 28, 12).getTime();
    const hours = (count: number) => noon - count * 3_600_000;
    expect([hours(1), hours(13), hours(30), hours(37), hours(300)].map((at) => dayOf(at, noon))).toEqual([
      ...["Today", "Yesterday", "Yesterday", "Last 7 days", "Before"],
    ]);
  });
});

describe("moments", () => {
  afterEach(() => setTimeZoneResolver(() => "browser"));

  test("are told in the zone, and by the days, that the reader chose in Grafana", () => {
    const evening = Date.UTC(2026, 10, 28, 22, 30, 5);
    const hourLater = evening + 3_600_000;
    setTimeZoneResolver(() => "utc");
    expect([clockTime(evening), momentWords(evening, hourLater)]).toEqual(["22:30:05", "22:30:05"]);
    setTimeZoneResolver(() => "Europe/Vienna");
    expect([clockTime(evening), momentWords(evening, hourLater)]).toEqual(["23:30:05", "28 Nov 23:30"]);
    expect(dayOf(evening, hourLater)).toBe("Yesterday");
  });

  test("with numbers and plurals, are made in one place", () => {
    const src = join(import.meta.dirname, "..");
    const byHand = /\.toFixed\(|\.toLocale|\.[gs]et(UTC)?(Hours|Minutes|Date|Day|Month)\(|\? "(\w*)" : "\3s"/;
    const sources = globSync("**/*.{ts,tsx}", { cwd: src }).filter((file) => !/\.test\.|parts\/words\.ts$/.test(file));
    expect(sources.length).toBeGreaterThan(80);
    expect(sources.filter((file) => byHand.test(readFileSync(join(src, file), "utf8")))).toEqual([]);
  });
});

describe("numbers", () => {
  test.each([
    [12, "per second", "12 /s"],
    [0.038, "seconds", "38 ms"],
    [0.004, "ratio", "0.4 %"],
    [-0, "ratio", "0.0 %"],
    [223_000_000, "bytes", "213 MiB"],
    [0, "events", "0"],
  ])("%f %s is %s", (value, unit, words) => expect(figureWords(value, unit)).toBe(words));

  test.each([
    [12, { least: 30, most: 41 }, "below"],
    [44, { least: 30, most: 41 }, null],
    [46, { least: 30, most: 41 }, "above"],
    [0.1, { least: 0, most: 0 }, "above"],
    [12, null, null],
    [null, { least: 30, most: 41 }, null],
  ])("%j beside the normal %j is %j", (value, normal, aside) => expect(asideOf(value, normal)).toBe(aside));

  test("a trend needs enough points, and more than a tenth of change", () => {
    const course = (values: (number | null)[]) => trendOf(values.map((value, at) => [at, value]))?.mark ?? null;
    expect(course([1, 2])).toBeNull();
    expect(course([10, 10, 10, 10, 10.5])).toBe("→");
    expect(course([10, 10, 10, 10, 20])).toBe("↑");
    expect(course([10, null, 10, 10, 10, 2])).toBe("↓");
  });

  test("a trend is against the day before, where that is known", () => {
    const rising = [10, 10, 10, 10, 20].map((value, at) => [at, value] as const);
    expect(trendOf(rising, 20, 40)).toMatchObject({ mark: "↓", percent: -50 });
    expect(trendOf(rising, 20, null)).toMatchObject({ mark: "↑", percent: 100 });
  });

  test("a trend is of the number beside it: what has fallen to nothing is down by all of it", () => {
    const fell = [4, 4, 4, 4, 4, 4, 4, 4, 3, 0].map((value, at) => [at, value] as const);
    expect(trendOf(fell, 0)).toMatchObject({ mark: "↓", percent: -100 });
  });
});

describe("a running operation", () => {
  const operation = {
    ...{ state: "running", usualSeconds: 38, earlierRuns: 5, secondsLeft: 38, asOf: 1000 },
  } as unknown as Operation;

  test("says what is left since it was told, that it is late, or that nobody knows", () => {
    expect(estimateWords(operation, 9000)).toBe("about 30 s left, from 5 runs");
    expect(estimateWords(operation, 49_000)).toBe("10 s over the usual time, from 5 runs");
    expect(estimateWords({ ...operation, usualSeconds: null }, 0)).toBe("no estimate, first run");
    expect(estimateWords({ ...operation, state: "ended" }, 0)).toBeNull();
    expect(estimateWords({ ...operation, state: "waiting" }, 0)).toBeNull();
  });
});

describe("an export", () => {
  test("runs no formula in a spreadsheet, and keeps commas, quotes and lines", () => {
    const csv = toCsv([{ id: "=HYPERLINK(1)", words: 'a,"b"\nc', count: -1 }]);
    expect(csv).toBe('id,words,count\r\n\'=HYPERLINK(1),"a,""b""\nc",-1\r\n');
  });
});

describe("an address", () => {
  test.each([
    ["/a/rollcall-fleet-app", "overview", null],
    ["/a/rollcall-fleet-app/agents/billing?tab=bus", "agents", "billing"],
    ["/a/rollcall-fleet-app/agents/%zz", "agents", "%zz"],
    ["/somewhere/else", "overview", null],
  ])("%s is %s", (address, page, id) => expect(readPlace(address)).toMatchObject({ page, id }));

  const order = (search: string) => readOrder({ query: new URLSearchParams(search) });

  test("keeps the key of a wish; one without a key is a new wish", () => {
    expect(order('do=restart&with={"who":["a"]}&key=12345678')).toEqual({
      ...{ command: "restart", input: { who: ["a"] }, key: "12345678", incident: null, isAtOnce: false },
    });
    expect(order("do=restart&because=inc-7")?.incident).toBe("inc-7");
    expect(order("do=restart&because=../x")?.incident).toBeNull();
    expect(order("do=restart")?.key).toMatch(/^grafana-[0-9a-f]{40}$/);
    expect(order("do=restart&key=short")?.key).not.toBe("short");
  });

  test.each(["", "do=../x", "do=restart&with=[1]", "do=restart&with={"])("%s asks for nothing", (search) => {
    expect(order(search)).toBeNull();
  });

  test("names a group or an agent, or nothing", () => {
    expect(readContext("group:orders")).toEqual({ kind: "group", name: "orders" });
    expect(readContext("agent:<b>")).toBeNull();
    expect(readContext("owner:x")).toBeNull();
  });

  test("only of a page is a link", () => {
    expect(isLink("https://runbooks/a")).toBe(true);
    for (const url of ["javascript:alert(1)", "data:text/html,x", "//evil", undefined]) expect(isLink(url)).toBe(false);
  });
});
