import type { Chart } from "@rollcall/core/domain/chart.ts";
import type { MeasuredPeriod, PeriodFigures } from "@rollcall/core/domain/period-figures.ts";
import type { PeriodRecords } from "@rollcall/core/ports/period-records.ts";
import type { Message } from "@rollcall/local/slack/client.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type DoorStage, openDoor, textOf } from "./door-fixture.ts";

const FIGURES: PeriodFigures = {
  ...{ coveredSeconds: 86_000, working: 0.9962, handled: 345_000, failed: 12, p95Seconds: 0.038, deadLetters: 3 },
  lowest: [{ agent: "order-validator", working: 0.982 }],
};
const NOW = Date.now();
const PANEL: Chart["panels"][number] = {
  ...{ title: "Events", unit: "per second", thresholds: [] },
  lines: [
    {
      name: "handled",
      points: [
        [NOW - 60_000, 4],
        [NOW, 5],
      ],
    },
  ],
};

let stage: DoorStage;
let measured: MeasuredPeriod;
beforeAll(async () => {
  stage = await openDoor();
  const records: PeriodRecords = {
    alerts: async () => ({ rows: [], total: 0 }),
    operations: async () => ({ rows: [], total: 0 }),
    restarts: async () => [],
    refusals: async () => [],
  };
  Object.assign(stage.deps.ports, { records, figures: { period: async () => measured } });
});
beforeEach(async () => {
  measured = { figures: FIGURES, before: FIGURES, from: NOW - 86_400_000, to: NOW, panels: [PANEL] };
  await stage.reset();
});
afterAll(async () => await stage.close());

const BOT = "U0FLEET";
const withFile = (channel: string): Promise<Message> =>
  stage.slack.waitForMessage(channel, ({ user, files }) => user === BOT && files.length > 0);
const saidBy = (user: string, channel: string, text: string) => stage.slack.says(user, channel, text);

describe("the picture of a report", () => {
  test("stands in the direct messages of whoever typed the command in a channel, and the answer says so", async () => {
    await saidBy("U0VIEWER", "C0OPS", "/fleet report daily");
    const answer = await stage.whispered("U0VIEWER", "No alert in the last 24 hours");
    expect(textOf(answer)).toContain("The picture is in our direct messages.");
    const picture = await withFile("D0VIEWER");
    expect(picture).toMatchObject({ thread_ts: null, files: [{ title: "The fleet, the last 24 hours" }] });
    const shown = await fetch(`${stage.standIn.url}/files/${picture.files[0]?.id}`);
    expect(shown.headers.get("content-type")).toBe("image/png");
    expect((await stage.slack.messages("C0OPS")).flatMap(({ files }) => files)).toEqual([]);
  });

  test("stands below what was said in direct messages, without a word of where", async () => {
    await saidBy("U0VIEWER", "D0VIEWER", "report weekly");
    const picture = await withFile("D0VIEWER");
    const answer = (await stage.slack.messages("D0VIEWER")).find((message) => textOf(message).includes("No alert"));
    expect(Number(picture.ts)).toBeGreaterThan(Number(answer?.ts));
    expect(textOf(answer)).not.toContain("The picture");
  });

  test("stands in the thread of whoever mentioned us, for all who read there", async () => {
    await saidBy("U0VIEWER", "C0OPS", "@fleet report handover");
    const picture = await withFile("C0OPS");
    const [question] = await stage.slack.messages("C0OPS");
    expect(picture.thread_ts).toBe(question?.ts);
  });

  test("that Slack does not take is taken back in words", async () => {
    await stage.slack.failApi({ kind: "error", error: "missing_scope", methods: ["files.getUploadURLExternal"] });
    await saidBy("U0VIEWER", "C0OPS", "/fleet report daily");
    expect(textOf(await stage.whispered("U0VIEWER", "no picture after all"))).toContain("missing_scope");
  });

  test("that cannot be drawn is taken back in words, too", async () => {
    const broken = { ...PANEL, lines: [{ name: "handled", points: null as never }] };
    measured = { ...measured, panels: [broken] };
    await saidBy("U0VIEWER", "C0OPS", "/fleet report daily");
    expect(textOf(await stage.whispered("U0VIEWER", "no picture after all"))).toContain("it could not be drawn");
  });

  test("is none where nothing was measured, and the answer says why", async () => {
    const nothing = { ...FIGURES, coveredSeconds: null, working: null, lowest: [] };
    measured = { ...measured, figures: nothing, panels: [] };
    await saidBy("U0VIEWER", "C0OPS", "/fleet report daily");
    const answer = textOf(await stage.whispered("U0VIEWER", "No alert in the last 24 hours"));
    expect(answer).toContain("the exporter was not read in this time");
    expect(answer).not.toContain("The picture");
  });
});
