import type { Publication } from "@rollcall/core/ports/publications.ts";
import { describe, expect, test } from "vitest";
import type { DraftDeps } from "./draft-deps.ts";
import { SETTINGS } from "./fixtures.ts";
import { draftPublication } from "./publication-drafts.ts";

const PUBLICATION: Publication = { key: "inc-7:note-3", revision: 1, posted: null, attempted: false };
const NOTE = {
  ...{ id: "note-3", incident: "inc-7", text: "the *key* <@U0> was\nrenewed", at: 1_800_000_000_000 },
  by: { id: "operator", name: "Olga", slackUser: null },
};

const depsWith = (card: Publication["posted"]): DraftDeps =>
  ({
    settings: SETTINGS,
    ports: { incidentRecords: { findNote: async (id: string) => (id === NOTE.id ? NOTE : null) } },
    publications: { find: async (key: string) => (key === "inc-7" ? { ...PUBLICATION, key, posted: card } : null) },
  }) as unknown as DraftDeps;

describe("the message of a note", () => {
  test("stands in the thread of its incident's card, and nothing in it is markup or a mention", async () => {
    const draft = await draftPublication(PUBLICATION, depsWith({ channel: "C0ALERTS", ts: "1.2", revision: 4 }));
    expect(draft).toMatchObject({ channel: "C0ALERTS", thread: "1.2", revision: 1 });
    const message = await draft?.write(null);
    expect(message?.text).toBe("Note by Olga: the key &lt;@U0&gt; was renewed");
    expect(JSON.stringify(message?.blocks)).toContain("📝 *Olga* the ∗key∗ &lt;@U0&gt; was renewed");
  });

  test("waits until the card stands", async () => {
    expect(await draftPublication(PUBLICATION, depsWith(null))).toBeNull();
  });
});
