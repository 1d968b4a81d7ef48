import { ReportStage } from "@rollcall/core/reports/report-fixture.ts";
import { beforeEach, describe, expect, test } from "vitest";
import { SETTINGS } from "../slack/fixtures.ts";
import { draftOfHandover, handoverKey } from "../slack/handover-draft.ts";
import { tellHandoverWhenDue } from "./handover.ts";

const DUE = Date.parse("2026-11-29T08:30:00Z");
const publicationOf = (key: string) => ({ key, revision: 1, posted: null, attempted: false });

let stage: ReportStage;
let wanted: string[];
beforeEach(() => {
  stage = new ReportStage();
  wanted = [];
});
const publications = {
  find: async (key: string) => (wanted.includes(key) ? publicationOf(key) : null),
  want: async (key: string) => void wanted.push(key),
} as unknown as Parameters<typeof tellHandoverWhenDue>[1];

/** One round at a moment. */
const roundAt = async (text: string): Promise<void> => {
  stage.fleet.now = Date.parse(text);
  await tellHandoverWhenDue(stage.fleet.ports, publications);
};

describe("the hand-over of a day", () => {
  test("is wanted at 08:30, once, however many rounds there are", async () => {
    for (const time of ["08:29:59", "08:30:01", "08:30:31", "08:44:59", "08:45:00"])
      await roundAt(`2026-11-29T${time}Z`);
    expect(wanted).toEqual([handoverKey(DUE)]);
  });

  test("is that of the people's own clock", async () => {
    Object.assign(stage.fleet.ports, { zone: "Europe/Berlin" });
    await roundAt("2026-11-29T08:30:00Z");
    expect(wanted).toEqual([]);
    await roundAt("2026-11-29T07:30:00Z");
    expect(wanted).toEqual([handoverKey(DUE - 3_600_000)]);
  });

  test("is not wanted before it can be made; the next round tries again", async () => {
    const { records } = stage.fleet.ports;
    Object.assign(stage.fleet.ports, { records: undefined });
    await expect(roundAt("2026-11-29T08:30:00Z")).rejects.toMatchObject({ code: "unavailable" });
    Object.assign(stage.fleet.ports, { records });
    await roundAt("2026-11-29T08:30:30Z");
    expect(wanted).toHaveLength(1);
  });

  test("tells the day before, however late it is written, into the channel of operations", async () => {
    stage.fleet.now = DUE + 4 * 3_600_000;
    const { channel, write } = draftOfHandover(publicationOf(handoverKey(DUE)), {
      ...{ settings: SETTINGS, ports: stage.fleet.ports, publications },
    });
    expect(channel).toBe(SETTINGS.opsChannel);
    expect(JSON.stringify(await write(null))).toContain("Sat 28 Nov 08:30 to Sun 29 Nov 08:30, UTC");
  });

  test("that cannot be made any more says so, and holds nothing back", async () => {
    Object.assign(stage.fleet.ports, { records: undefined });
    const { write } = draftOfHandover(publicationOf(handoverKey(DUE)), {
      ...{ settings: SETTINGS, ports: stage.fleet.ports, publications },
    });
    expect((await write(null)).text).toContain("Hand-over could not be made");
  });
});
