import type { Incident } from "@rollcall/core/domain/incident.ts";
import type { AlertOffer } from "@rollcall/core/ports/alert-offers.ts";
import type { Publication } from "@rollcall/core/ports/publications.ts";
import { describe, expect, test } from "vitest";
import type { DraftDeps } from "./draft-deps.ts";
import { incident, NOW, SETTINGS } from "./fixtures.ts";
import { draftOfOffer, isOfferKey } from "./offer-note.ts";

const OFFER: AlertOffer = {
  ...{ id: "3", incident: "inc-7", offeredAt: NOW, answer: null, answeredAt: null },
  giver: { id: "olga", name: "Olga", slackUser: "U0OLGA" },
  taker: { id: "sam", name: "Sam", slackUser: "U0SAM" },
};

async function draft(key: string, offer: AlertOffer, row: Incident = incident()) {
  const forgotten: string[] = [];
  const deps = {
    settings: SETTINGS,
    ports: { offers: { find: async () => offer }, incidents: { find: async () => row } },
    publications: {
      find: async () => ({ posted: { channel: "C0ALERTS", ts: "1.2", revision: 1 } }),
      forget: async (one: string) => void forgotten.push(one),
    },
  } as unknown as DraftDeps;
  const publication: Publication = { key, revision: 1, posted: null, attempted: false };
  const made = await draftOfOffer(publication, deps);
  return { made, forgotten, words: JSON.stringify((await made?.write(null))?.blocks ?? null) };
}

describe("an offer in the card's thread", () => {
  test("asks whoever it is for, and carries their two answers", async () => {
    const { made, words } = await draft("inc-7:give-3", OFFER);
    expect(made).toMatchObject({ channel: "C0ALERTS", thread: "1.2" });
    expect(words).toContain("<@U0SAM> Olga wants to hand inc-7 over to you. It stays with Olga until you say yes.");
    for (const [label, command] of [
      ["Take it", "give-accept"],
      ["Not now", "give-decline"],
    ] as const) {
      expect(words).toContain(label);
      expect(words).toContain(
        JSON.stringify(JSON.stringify({ command, input: { alert: "inc-7" }, incident: "inc-7" })),
      );
    }
  });

  test.each([
    ["taken", "taken"],
    ["declined", "not now"],
    ["replaced", "offered to somebody else since"],
  ] as const)("that is %s says so, and asks nothing any more", async (answer, said) => {
    const { words } = await draft("inc-7:give-3", { ...OFFER, answer, answeredAt: NOW });
    expect(words).toContain(`· ${said}`);
    expect(words).not.toContain("Take it");
  });

  test.each([
    ["taken", "<@U0OLGA> Sam has inc-7 now."],
    ["declined", "<@U0OLGA> Sam: not now. inc-7 is still yours."],
  ] as const)("that is %s is told to who gave it", async (answer, said) => {
    expect((await draft("inc-7:give-3:answer", { ...OFFER, answer, answeredAt: NOW })).words).toContain(said);
  });

  test("is dropped where the alert has ended before anybody was asked", async () => {
    const { made, forgotten } = await draft("inc-7:give-3", OFFER, incident({ state: "resolved", resolvedAt: NOW }));
    expect([made, forgotten]).toEqual([null, ["inc-7:give-3"]]);
  });

  test.each(["inc-7", "inc-7:sil-3", "op-7:give-3", "inc-7:give-3:x"])("is not %s", (key) => {
    expect(isOfferKey(key)).toBe(false);
  });
});
