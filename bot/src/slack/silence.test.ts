import type { AskedSilence } from "@rollcall/core/domain/asked-silence.ts";
import type { Incident } from "@rollcall/core/domain/incident.ts";
import type { Publication } from "@rollcall/core/ports/publications.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type DoorStage, openDoor, textOf } from "./door-fixture.ts";
import type { DraftDeps } from "./draft-deps.ts";
import { alert, FRAME, facts, incident, NOW, SETTINGS } from "./fixtures.ts";
import { inputOf } from "./order-inputs.ts";
import { incidentCard } from "./render/incident.ts";
import { draftOfSilence, isSilenceKey } from "./silence-notes.ts";

let stage: DoorStage;
beforeAll(async () => {
  stage = await openDoor();
  Object.assign(stage.deps.ports, {
    askedSilences: { open: async () => [SILENCE] },
    silences: { firing: async () => [], list: async () => [] },
  });
});
beforeEach(async () => await stage.reset());
afterAll(async () => await stage.close());

const [OPERATOR, VIEWER] = ["U0OPERATOR", "U0VIEWER"] as const;
const SILENCE: AskedSilence = {
  ...{ id: "sil-3", mutes: [{ agent: "billing", alertname: "AgentGone" }], reason: "new key at 04:00" },
  ...{ asker: { id: "olga", name: "Olga", slackUser: "U0OLGA" }, startedAt: NOW, endsAt: NOW + 3_600_000 },
  endedAt: null,
};

/** A card as the publisher posts it. @returns its ts */
async function postCard(): Promise<string> {
  const row = incident({ alerts: [alert("billing")] });
  stage.rows.put(row);
  const { text, blocks } = incidentCard(row, facts(), { ...FRAME, inputOf });
  const response = await fetch(`${stage.standIn.url}/api/chat.postMessage`, {
    method: "POST",
    headers: { authorization: `Bearer ${SETTINGS.botToken}` },
    body: new URLSearchParams({ channel: "C0OPS", text, blocks: JSON.stringify(blocks) }),
  });
  return ((await response.json()) as { ts: string }).ts;
}
const ORDER = { command: "silence", input: {}, incident: "inc-7" };
const choose = (user: string, ts: string, order: object) =>
  stage.slack.click({ user, channel: "C0OPS", ts, action_id: "do.more", value: JSON.stringify(order) });
const windowOf = async (user: string) => (await stage.slack.views(user)).stack.at(-1) as { id: string } & object;
const filled = (text: string, time = "4h") => ({
  time: {
    time: { type: "static_select", selected_option: { text: { type: "plain_text", text: "4 h" }, value: time } },
  },
  text: { text: { type: "plain_text_input", value: text } },
});
async function openWindow(): Promise<{ id: string }> {
  await choose(OPERATOR, await postCard(), ORDER);
  await expect.poll(async () => JSON.stringify(await windowOf(OPERATOR))).toContain("*Silence billing*");
  return await windowOf(OPERATOR);
}

describe("Silence… on a card", () => {
  test("asks how long and why, and says what it mutes before anything happens", async () => {
    const shown = JSON.stringify(await openWindow());
    expect(shown).toContain("Mutes 1 alert name of 1 agent (AgentGone); all others still ring");
    for (const time of ["30m", "1h", "4h", "until 08:30"]) expect(shown).toContain(`"value":"${time}"`);
    expect(shown).toContain("Nothing has happened yet.");
    expect(stage.accepted).toEqual([]);
  });

  test("once filled in is the command of its incident, with the why as its reason, and asks once", async () => {
    const { id } = await openWindow();
    await stage.slack.submit(OPERATOR, id, filled("new key at 04:00"));
    expect(stage.accepted).toMatchObject([
      {
        ...{ command: "silence", incidentId: "inc-7", reason: "new key at 04:00", actor: { id: "operator" } },
        input: { who: ["billing"], time: "4h", text: "new key at 04:00" },
      },
    ]);
  });

  test("without a why stays open and says so", async () => {
    const { id } = await openWindow();
    const { errors } = await stage.slack.submit(OPERATOR, id, filled("   "));
    expect(errors).toMatchObject({ text: "Say why: it stands on the card." });
    expect(stage.accepted).toEqual([]);
  });

  test("opens no window for a viewer, who is refused as the command refuses", async () => {
    await choose(VIEWER, await postCard(), ORDER);
    await stage.whispered(VIEWER, "Silence needs operator; you are viewer");
    expect((await stage.slack.views(VIEWER)).stack).toEqual([]);
  });

  test("is not offered while it is silenced: the card says until when and by whom, and ends it", () => {
    const card = incidentCard(incident(), facts({ silence: SILENCE }), { ...FRAME, inputOf });
    const shown = JSON.stringify(card.blocks);
    expect(shown).toMatch(/🔕 silenced until <!date\^\d+\^\{time_secs\}\|03:41:28 UTC> by @Olga \(sil-3\)/);
    expect([shown.includes("Silence…"), shown.includes("End silence")]).toEqual([false, true]);
  });

  test("names whoever silenced it once, though they have taken it by that", () => {
    const taken = { acknowledgedBy: SILENCE.asker, acknowledgedAt: NOW, acknowledgedHow: "by silencing" };
    const card = incidentCard(incident(taken), facts({ silence: SILENCE }), { ...FRAME, inputOf });
    expect(JSON.stringify(card.blocks)).not.toContain("👀");
  });
});

describe("typed", () => {
  test("without time and why opens the same window", async () => {
    stage.rows.put(incident());
    await stage.slack.says(OPERATOR, "C0OPS", "/fleet silence billing");
    await expect.poll(async () => JSON.stringify(await windowOf(OPERATOR))).toContain("*Silence billing*");
  });

  test("in full is taken at once, without a window", async () => {
    stage.rows.put(incident());
    await stage.slack.says(OPERATOR, "C0OPS", "/fleet silence billing 1h new key");
    await expect.poll(() => stage.accepted.length).toBe(1);
    expect(stage.accepted[0]?.input).toEqual({ who: ["billing"], time: "1h", text: "new key" });
  });

  test("of nothing that fires is refused with what to do instead", async () => {
    await stage.slack.says(OPERATOR, "C0OPS", "/fleet silence billing 1h new key");
    const told = textOf(await stage.whispered(OPERATOR, "Nothing fires of billing"));
    expect(told).toContain("maintenance billing 1h");
    expect(stage.accepted).toEqual([]);
  });
});

describe("the line in the card's thread", () => {
  const draft = async (key: string, silence: AskedSilence, row: Incident = incident()) => {
    const forgotten: string[] = [];
    const deps = {
      settings: SETTINGS,
      ports: { askedSilences: { find: async () => silence }, incidents: { find: async () => row } },
      publications: {
        find: async () => ({ posted: { channel: "C0ALERTS", ts: "1.2", revision: 1 } }),
        forget: async (one: string) => void forgotten.push(one),
      },
    } as unknown as DraftDeps;
    const publication: Publication = { key, revision: 1, posted: null, attempted: false };
    const made = await draftOfSilence(publication, deps);
    return { made, forgotten, words: JSON.stringify((await made?.write(null))?.blocks ?? null) };
  };
  const ended = { ...SILENCE, endedAt: NOW + 60_000 };

  test("says who silenced it, until when, why and what, and ends it by a button", async () => {
    const { made, words } = await draft("inc-7:sil-3", SILENCE);
    expect(made).toMatchObject({ channel: "C0ALERTS", thread: "1.2" });
    expect(words).toMatch(/Silenced until .* \(sil-3\) by @Olga: new key at 04:00 · Mutes 1 alert name of 1 agent/);
    expect(words).toContain("End silence");
  });

  test("is edited at its end, and ends nothing any more", async () => {
    const { words } = await draft("inc-7:sil-3", ended);
    expect(words).toContain("Silence sil-3 ended");
    expect(words).not.toContain("End silence");
  });

  test("mentions who silenced it when its alert outlasts it, or who has it", async () => {
    expect((await draft("inc-7:sil-3:again", ended)).words).toContain("<@U0OLGA> billing still fires");
    const held = incident({ acknowledgedBy: { id: "sam", name: "Sam", slackUser: "U0SAM" }, acknowledgedAt: NOW });
    expect((await draft("inc-7:sil-3:again", ended, held)).words).toContain("<@U0SAM> billing still fires");
  });

  test("is dropped where the alert has ended before anybody could be mentioned", async () => {
    const { made, forgotten } = await draft(
      "inc-7:sil-3:again",
      ended,
      incident({ state: "resolved", resolvedAt: NOW }),
    );
    expect([made, forgotten]).toEqual([null, ["inc-7:sil-3:again"]]);
  });

  test.each(["inc-7", "inc-7:ending", "op-3:ending", "sil-3:soon", "inc-7:sil-3:x"])("is not %s", (key) => {
    expect(isSilenceKey(key)).toBe(false);
  });
});
