import { createSlackFiles } from "@rollcall/core/adapters/slack/files.ts";
import { createSlackClient as connectSlack } from "@rollcall/core/adapters/slack/web-client.ts";
import type { Chart } from "@rollcall/core/domain/chart.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import type { Pictures } from "@rollcall/core/ports/pictures.ts";
import { createSlackClient, type Message, type SlackClient } from "@rollcall/local/slack/client.ts";
import { createSlackStandIn, type SlackStandIn } from "@rollcall/local/slack/stand-in.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { incident, SETTINGS, SIGNING_SECRET } from "./fixtures.ts";
import { createPictureRound } from "./pictures.ts";

let standIn: SlackStandIn;
let slack: SlackClient;
let card: string;
const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
const { botToken } = SETTINGS;

beforeAll(async () => {
  standIn = await createSlackStandIn({ port: 0, signingSecret: SIGNING_SECRET, botToken, rateLimits: false });
  slack = createSlackClient(standIn.url);
});
beforeEach(async () => {
  await slack.clear();
  await slack.clearFaults();
  vi.clearAllMocks();
  card = (await web().chat.postMessage({ channel: "C0ALERTS", text: "P0 billing is gone" })).ts as string;
});
afterAll(async () => await standIn.close());
const web = () => connectSlack({ token: botToken, apiUrl: `${standIn.url}/api/`, timeoutMs: 2_000 });

const NOON = Date.UTC(2026, 10, 29, 12);
const CHART: Chart = {
  ...{ title: "AgentGone, the last hour", from: NOON - 3_600_000, to: NOON, marks: [] },
  panels: [{ title: "Rung", unit: "rung", thresholds: [], lines: [{ name: "billing", points: [[NOON, 0]] }] }],
};

/** One card without a picture; whatever is waited for has passed when the next round begins. */
function setUp(alertChart = vi.fn(async (): Promise<Chart | null> => CHART)) {
  const row = { attempts: 0, settled: false, ts: null as string | null };
  const pictures: Pictures = {
    wanted: async () =>
      row.settled ? [] : [{ incident: "inc-7", channel: "C0ALERTS", thread: card, attempts: row.attempts }],
    begin: async ({ attempts }) => {
      const isFirst = row.attempts === attempts;
      if (isFirst) row.attempts += 1;
      return isFirst;
    },
    settle: async (_, ts) => void Object.assign(row, { settled: true, ts }),
  };
  const clock = { now: Date.now() };
  const round = createPictureRound({
    ...{ pictures, figures: { alertChart }, log, files: createSlackFiles(web()) },
    incidents: { find: async () => incident() },
    clock: { now: () => clock.now },
  });
  return { row, round, clock, alertChart };
}

const inThread = async (): Promise<Message[]> =>
  (await slack.messages("C0ALERTS")).filter(({ thread_ts }) => thread_ts === card);
const untilShared = () => vi.waitUntil(async () => (await inThread()).length > 0, { timeout: 10_000, interval: 20 });
const uploads = async (): Promise<number> =>
  (await slack.traffic()).filter(({ kind }) => kind === "files.completeUploadExternal").length;

describe("the picture of an alert", () => {
  test("is put into the thread of its card, once, and it is a PNG with words for whoever cannot see it", async () => {
    const { row, round, alertChart } = setUp();
    const before = await uploads();
    await round();
    await untilShared();
    await round();
    await round();
    const [message, ...others] = await inThread();
    expect(others).toEqual([]);
    expect(row).toEqual({ attempts: 1, settled: true, ts: message?.ts });
    expect(message?.files).toMatchObject([{ name: "inc-7.png", title: "AgentGone, the last hour" }]);
    const shown = await fetch(`${standIn.url}/files/${message?.files[0]?.id}`);
    expect(shown.headers.get("content-type")).toBe("image/png");
    expect((await uploads()) - before).toBe(1);
    expect(alertChart).toHaveBeenCalledTimes(1);
    const asked = (await slack.traffic()).findLast(({ kind }) => kind === "files.getUploadURLExternal");
    expect(new URLSearchParams(asked?.request.body).get("alt_txt") ?? asked?.request.body).toContain("billing");
  });

  test("is not shown twice when the answer was lost", async () => {
    const { row, round } = setUp();
    await slack.failApi({ kind: "lost", methods: ["files.completeUploadExternal"] });
    await round();
    await untilShared();
    await round();
    await round();
    expect(await inThread()).toHaveLength(1);
    expect(row.settled).toBe(true);
  });

  test("is handed over again when it never arrived, three times at most", async () => {
    const { row, round } = setUp();
    await slack.failApi({
      kind: "error",
      error: "internal_error",
      methods: ["files.completeUploadExternal"],
      count: 9,
    });
    for (let rounds = 0; rounds < 5; rounds += 1) await round();
    expect(row).toEqual({ attempts: 3, settled: true, ts: null });
    expect(log.warn).toHaveBeenCalledTimes(1);
    expect(await inThread()).toEqual([]);
  });

  test("is given up, with Slack's word for it, where the app may not upload", async () => {
    const { row, round } = setUp();
    await slack.failApi({ kind: "error", error: "missing_scope", methods: ["files.getUploadURLExternal"] });
    await round();
    expect(row.settled).toBe(true);
    expect(log.warn).toHaveBeenCalledWith({ key: "inc-7", why: "missing_scope" }, "Slack takes no picture of an alert");
  });

  test("obeys a rate limit", async () => {
    const { round, clock } = setUp();
    const fault = { kind: "ratelimited", methods: ["files.getUploadURLExternal"], retry_after_seconds: 7 } as const;
    await slack.failApi(fault);
    await round();
    const before = (await slack.traffic()).length;
    await round();
    expect((await slack.traffic()).length).toBe(before);
    clock.now += 7_001;
    await round();
    await untilShared();
  });

  test("is none where there is nothing to draw, and nobody asks again", async () => {
    const { row, round, alertChart } = setUp(vi.fn(async () => null));
    await round();
    await round();
    expect(row).toEqual({ attempts: 0, settled: true, ts: null });
    expect(alertChart).toHaveBeenCalledTimes(1);
  });

  test("waits while the figures cannot be read", async () => {
    const alertChart = vi.fn(async (): Promise<Chart | null> => CHART);
    alertChart.mockRejectedValueOnce(new Failure("unavailable", "Prometheus does not answer"));
    const { round } = setUp(alertChart);
    await expect(round()).rejects.toThrow("Prometheus does not answer");
    await round();
    await untilShared();
  });
});
