import { Failure } from "@rollcall/core/domain/failure.ts";
import type { KeptLogLine } from "@rollcall/core/domain/log-line.ts";
import type { LogFilter, LogStore } from "@rollcall/core/ports/log-store.ts";
import { createSlackClient, type SlackClient } from "@rollcall/local/slack/client.ts";
import { createSlackStandIn, type SlackStandIn } from "@rollcall/local/slack/stand-in.ts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { draftOfErrorLines, wantErrorLines } from "./error-lines.ts";
import { incident, SETTINGS, SIGNING_SECRET } from "./fixtures.ts";
import { MemoryRows } from "./memory-rows.ts";
import { startPublisher } from "./publisher.ts";

const SECOND = 1000;
const line = (text: string, more: Partial<KeptLogLine> = {}): KeptLogLine => ({
  ...{ id: 1, source: "billing", kind: "agent", at: Date.now() - 20 * SECOND, level: "error", text },
  ...{ trace: null, run: null, operation: null, fields: {} },
  ...more,
});

let rows: MemoryRows;
let lines: KeptLogLine[] | Failure;
let asked: LogFilter[];
let wanted: string[];
const logs = {
  search: async (filter: LogFilter) => {
    asked.push(filter);
    if (lines instanceof Failure) throw lines;
    return lines;
  },
} as unknown as LogStore;

beforeEach(() => {
  rows = new MemoryRows();
  lines = [line("cannot read key.pem")];
  [asked, wanted] = [[], []];
});

describe("the reply with error lines", () => {
  const opened = (secondsAgo: number) => incident({ openedAt: Date.now() - secondsAgo * SECOND });
  const roundOf = () =>
    wantErrorLines({
      ports: { ...rows.ports({ now: () => Date.now() }), logs },
      database: { publications: { want: async (key) => void wanted.push(key) } },
    });

  test("is wanted once for an incident whose agents wrote errors around its beginning", async () => {
    const { openedAt } = opened(10);
    rows.put(incident({ openedAt }));
    const round = roundOf();
    await round();
    await round();
    expect(wanted).toEqual(["inc-7:errors"]);
    expect(asked).toMatchObject([{ sources: ["billing"], level: "error", to: openedAt + 60 * SECOND }]);
    expect(asked[0]?.from).toBeGreaterThanOrEqual(openedAt - 600 * SECOND);
  });

  test.each([
    ["that has just begun", 2],
    ["that began long ago", 600],
  ])("is not looked for in an incident %s", async (_, secondsAgo) => {
    rows.put(opened(secondsAgo));
    await roundOf()();
    expect([wanted, asked]).toEqual([[], []]);
  });

  test("is looked for again where there are none yet", async () => {
    lines = [];
    rows.put(opened(10));
    const round = roundOf();
    await round();
    lines = [line("late")];
    await round();
    expect(wanted).toEqual(["inc-7:errors"]);
  });

  test("waits for its card", async () => {
    rows.put(opened(10));
    const publication = { key: "inc-7:errors", revision: 1, posted: null, attempted: false };
    const ports = { ...rows.ports({ now: () => Date.now() }), logs };
    expect(
      await draftOfErrorLines(publication, { ports, publications: rows.publications, settings: SETTINGS }),
    ).toBeNull();
  });
});

describe("below its card, the reply", () => {
  let standIn: SlackStandIn;
  let slack: SlackClient;
  let publisher: { stop(): Promise<void> } | null = null;
  const { botToken } = SETTINGS;
  beforeAll(async () => {
    standIn = await createSlackStandIn({ port: 0, signingSecret: SIGNING_SECRET, botToken, rateLimits: false });
    slack = createSlackClient(standIn.url);
  });
  beforeEach(async () => await slack.clear());
  afterEach(async () => {
    await publisher?.stop();
    publisher = null;
  });
  afterAll(async () => await standIn.close());

  /** @returns the reply, once it stands */
  async function replied() {
    rows.put(incident({ openedAt: Date.now() - 10 * SECOND }));
    await rows.publications.want("inc-7:errors", 1);
    publisher = startPublisher({
      settings: { ...SETTINGS, apiUrl: `${standIn.url}/api/` },
      ports: { ...rows.ports({ now: () => Date.now() }), logs },
      ...{ publications: rows.publications, isLeader: () => true, roundMs: 20 },
      log: { info: vi.fn(), warn: vi.fn(), error: vi.fn() },
    });
    const reply = await slack.waitForMessage("C0ALERTS", ({ thread_ts }) => thread_ts !== null);
    const [card] = (await slack.messages("C0ALERTS")).filter(({ thread_ts }) => thread_ts === null);
    expect(reply.thread_ts).toBe(card?.ts);
    return JSON.stringify(reply.blocks);
  }

  test("shows the lines oldest first and links to all around then", async () => {
    lines = [line("second"), line("first\n  at pay.ts:3")];
    const reply = await replied();
    expect(reply).toContain("*Last 2 error lines* of billing");
    expect(reply.indexOf("first")).toBeLessThan(reply.indexOf("second"));
    expect(reply).not.toContain("pay.ts");
    expect(reply).toMatch(
      /<https:\/\/grafana\.example\.test\/a\/rollcall-fleet-app\/logs\?agent=billing&amp;from=\d{13}&amp;to=\d{13}\|All lines around then>/,
    );
    expect(reply).toContain("`/fleet logs billing`");
  });

  test("calls nobody and links nowhere else, whatever the lines say", async () => {
    lines = [line("<!channel> <@U0ADMIN> <https://evil.example|x> *b* `c` {{time:0}}")];
    const reply = await replied();
    expect(reply).toContain("&lt;!channel&gt; &lt;@U0ADMIN&gt;");
    expect(reply).not.toMatch(/<!channel|<@U|<https:\/\/evil|\*b\*|`c`/);
  });

  test("says so if the lines cannot be read when it is written", async () => {
    lines = new Failure("unavailable", "searching the lines took longer than 3 s");
    expect(await replied()).toContain(
      "*Error lines* of billing cannot be read: searching the lines took longer than 3 s",
    );
  });
});
