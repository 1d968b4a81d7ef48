import type { Incident } from "@rollcall/core/domain/incident.ts";
import type { Publication } from "@rollcall/core/ports/publications.ts";
import type { Reminder } from "@rollcall/core/ports/reminders.ts";
import { describe, expect, test } from "vitest";
import type { DraftDeps } from "./draft-deps.ts";
import { FRAME, facts, incident, NOW, SETTINGS } from "./fixtures.ts";
import { inputOf } from "./order-inputs.ts";
import { draftOfReminder, isReminderKey } from "./reminder-note.ts";
import { incidentCard } from "./render/incident.ts";

const REMINDER: Reminder = {
  ...{ id: "3", incident: "inc-7", times: 1, takenAt: NOW, remindedAt: NOW + 1_800_000 },
  taker: { id: "olga", name: "Olga", slackUser: "U0OLGA" },
};

async function draft(reminder: Reminder, row: Incident = incident(), isPosted = true) {
  const forgotten: string[] = [];
  const deps = {
    settings: SETTINGS,
    ports: { reminders: { find: async () => reminder }, incidents: { find: async () => row } },
    publications: {
      find: async () => ({ posted: isPosted ? { channel: "C0ALERTS", ts: "1.2", revision: 1 } : null }),
      forget: async (key: string) => void forgotten.push(key),
    },
  } as unknown as DraftDeps;
  const publication: Publication = { key: "inc-7:reminder-3", revision: 1, posted: null, attempted: false };
  const made = await draftOfReminder(publication, deps);
  return { made, forgotten, words: JSON.stringify((await made?.write(null))?.blocks ?? null) };
}

describe("a reminder in the card's thread", () => {
  test("mentions who has it, and for how long", async () => {
    const { made, words } = await draft(REMINDER);
    expect(made).toMatchObject({ channel: "C0ALERTS", thread: "1.2" });
    expect(words).toContain("<@U0OLGA> you have had inc-7 for 30 min, and it still fires.");
  });

  test("says the second time that nobody has it any more", async () => {
    expect((await draft({ ...REMINDER, times: 2 })).words).toContain("it was given back, and nobody has it");
  });

  test("waits for the card, and is dropped once the alert has ended", async () => {
    expect((await draft(REMINDER, incident(), false)).made).toBeNull();
    const over = await draft(REMINDER, incident({ state: "resolved", resolvedAt: NOW }));
    expect([over.made, over.forgotten]).toEqual([null, ["inc-7:reminder-3"]]);
  });

  test.each(["inc-7", "inc-7:sil-3", "inc-7:ending", "op-7:reminder-3"])("is not %s", (key) => {
    expect(isReminderKey(key)).toBe(false);
  });
});

test("a card that somebody has offers to give it back, and one that nobody has does not", () => {
  const shown = (row: Incident): string => JSON.stringify(incidentCard(row, facts(), { ...FRAME, inputOf }).blocks);
  const taken = { acknowledgedBy: REMINDER.taker, acknowledgedAt: NOW, acknowledgedHow: null };
  expect([shown(incident()).includes("Give back"), shown(incident(taken)).includes("Give back")]).toEqual([
    false,
    true,
  ]);
});
