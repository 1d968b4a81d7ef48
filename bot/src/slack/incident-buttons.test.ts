import type { IncidentRecords } from "@rollcall/core/ports/incident-records.ts";
import type { Message } from "@rollcall/local/slack/client.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type DoorStage, openDoor, textOf } from "./door-fixture.ts";
import { FRAME, facts, incident, SETTINGS } from "./fixtures.ts";
import { inputOf } from "./order-inputs.ts";
import { incidentCard } from "./render/incident.ts";

let stage: DoorStage;
beforeAll(async () => {
  stage = await openDoor();
  const note: IncidentRecords["note"] = async (said) => ({ ...said, id: "note-3", at: Date.now() });
  Object.assign(stage.deps.ports, { incidentRecords: { note, close: async () => true } });
});
beforeEach(async () => await stage.reset());
afterAll(async () => await stage.close());

const BY = { id: "operator", name: "Operator on call", slackUser: "U0OPERATOR" };
const over = { state: "resolved" as const, resolvedAt: FRAME.now };

/** A card as the publisher posts it. */
async function postCard(row = incident()): Promise<string> {
  stage.rows.put(row);
  const { text, blocks } = incidentCard(row, facts(), { ...FRAME, inputOf });
  const response = await fetch(`${stage.standIn.url}/api/chat.postMessage`, {
    method: "POST",
    headers: { authorization: `Bearer ${SETTINGS.botToken}` },
    body: new URLSearchParams({ channel: "C0ALERTS", text, blocks: JSON.stringify(blocks) }),
  });
  const { ts } = (await response.json()) as { ts: string };
  await stage.rows.publications.markShown(row.id, { channel: "C0ALERTS", ts, revision: 1 });
  return ts;
}

/** Chooses behind "⋯", by the label that people see. */
async function choose(user: string, ts: string, label: string): Promise<void> {
  const [card] = (await stage.slack.messages("C0ALERTS")).filter((message) => message.ts === ts);
  const row = card?.blocks?.find((block) => block.type === "actions") as unknown as {
    elements: { type: string; options?: { text: { text: string }; value: string }[] }[];
  };
  const options = row.elements.flatMap(({ options: shown }) => shown ?? []);
  const value = options.find(({ text }) => text.text === label)?.value;
  if (value === undefined) throw new Error(`no ${label} among ${options.map(({ text }) => text.text).join(", ")}`);
  await stage.slack.click({ user, channel: "C0ALERTS", ts, action_id: "do.more", value });
}
const written = (name: string, value: string) => ({ [name]: { [name]: { type: "plain_text_input", value } } });
const windowOf = async (user: string) =>
  (await stage.slack.views(user)).stack.at(-1) as { id: string; blocks: object[] } | undefined;

describe("a note", () => {
  test("is asked for in a window, also after the end, and goes the way of a typed one", async () => {
    const ts = await postCard(incident(over));
    await choose("U0OPERATOR", ts, "Add a note");
    const view = await windowOf("U0OPERATOR");
    expect(JSON.stringify(view)).toContain("in the card's thread and in the post-mortem");
    expect(stage.accepted).toEqual([]);
    await stage.slack.submit("U0OPERATOR", view?.id ?? "", written("text", "  the key was renewed\n"));
    expect(stage.accepted).toMatchObject([
      { command: "incident-note", input: { alert: "inc-7", text: "the key was renewed" }, incidentId: "inc-7" },
    ]);
    await expect.poll(async () => JSON.stringify(await windowOf("U0OPERATOR"))).toContain("📝 Noted: note-3 in inc-7");
  });

  test("without words is not sent", async () => {
    const ts = await postCard();
    await choose("U0OPERATOR", ts, "Add a note");
    await stage.slack.submit("U0OPERATOR", (await windowOf("U0OPERATOR"))?.id ?? "", written("text", "   "));
    expect(stage.accepted).toEqual([]);
  });

  test("is refused to a viewer, for whom no window opens", async () => {
    const ts = await postCard();
    await choose("U0VIEWER", ts, "Add a note");
    const isRefusal = (message: Message) => message.visible_to === "U0VIEWER" && textOf(message).includes("Not done");
    await stage.slack.waitForMessage("C0ALERTS", isRefusal, { user: "U0VIEWER" });
    expect((await stage.slack.views("U0VIEWER")).stack).toEqual([]);
    expect(stage.accepted).toEqual([]);
  });

  test("that is written in the thread of a card is about that card", async () => {
    const ts = await postCard();
    const text = "@fleet incident note the key was renewed by its owner";
    await stage.slack.send({ user: "U0OPERATOR", channel: "C0ALERTS", text, thread_ts: ts });
    await expect
      .poll(() => stage.accepted)
      .toMatchObject([
        { command: "incident-note", input: { alert: "inc-7", text: "the key was renewed by its owner" } },
      ]);
  });
});

describe("Add to incident", () => {
  const shortcut = (user: string, ts: string) =>
    stage.slack.shortcut({ user, channel: "C0ALERTS", ts, callback_id: "add-to-incident" });
  const say = (text: string, thread?: string) =>
    stage.standIn.workspace.post({ channel: "C0ALERTS", user: "U0SECOND", text, thread_ts: thread ?? null }).ts;

  test("keeps a message of a card's thread as a note of that card, once its words were mended", async () => {
    const card = await postCard();
    stage.rows.put(incident({ id: "inc-8" }));
    await shortcut("U0OPERATOR", say("the key <@U0SECOND> &amp; I renewed", card));
    const view = await windowOf("U0OPERATOR");
    const shown = JSON.stringify(view);
    expect(shown).toContain('"initial_value":"the key @U0SECOND & I renewed"');
    expect(shown).toMatch(/"initial_option":\{[^}]*\},"value":"inc-7"/);
    const picked = { alert: { alert: { type: "static_select", selected_option: { value: "inc-8" } } } };
    await stage.slack.submit("U0OPERATOR", view?.id ?? "", { ...picked, ...written("text", "the key was renewed") });
    expect(stage.accepted).toMatchObject([
      { command: "incident-note", input: { alert: "inc-8", text: "the key was renewed" }, incidentId: "inc-8" },
    ]);
  });

  test("is not for a viewer, who is told so in the window", async () => {
    await postCard();
    await shortcut("U0VIEWER", say("look"));
    expect(JSON.stringify(await windowOf("U0VIEWER"))).toContain("Not done: you may not add notes");
  });

  test("says that there is nothing to add to, and how to open one", async () => {
    await shortcut("U0OPERATOR", say("look"));
    expect(JSON.stringify(await windowOf("U0OPERATOR"))).toContain("/fleet incident open");
  });
});

describe("the card of what has ended", () => {
  test("leads to its course, and behind the dots to what is still to be done", async () => {
    const { blocks } = incidentCard(incident(over), facts(), { ...FRAME, inputOf });
    const row = JSON.stringify(blocks.at(-1));
    expect(row).toContain('"text":"Timeline"');
    for (const label of ["Open incident", "Logs", "Add a note", "Post-mortem"])
      expect(row).toContain(`"text":"${label}"`);
  });

  test("of one that was closed by hand says by whom, what it was and what helped", async () => {
    const closed = { by: { ...BY, name: "Second admin" }, cause: "the *feed* hung", helped: "restart of the feed" };
    const alerts = incident().alerts.map((alert) => ({ ...alert, annotations: { summary: "prices are stale" } }));
    const row = incident({ ...over, alerts, alertname: "OpenedByHand", openedBy: BY, closed });
    const card = incidentCard(row, facts(), { ...FRAME, inputOf });
    const words = JSON.stringify(card.blocks);
    expect(words).toContain("Over: prices are stale");
    expect(words).toMatch(/opened .* by @Operator on call → closed .* by @Second admin/);
    expect(words).toContain("*It was* the ∗feed∗ hung · *Helped* restart of the feed");
  });
});

describe("the card of one that was opened by hand", () => {
  const byHand = () => {
    const alerts = incident().alerts.map((alert) => ({ ...alert, annotations: { summary: "prices are stale" } }));
    return incident({ alerts, alertname: "OpenedByHand", openedBy: BY });
  };

  test("says what is wrong in the words of whoever opened it, and can be closed with its cause", async () => {
    const ts = await postCard(byHand());
    const [card] = await stage.slack.messages("C0ALERTS");
    expect(textOf(card)).toContain("prices are stale");
    expect(textOf(card)).toContain("opened by @Operator on call");
    await stage.slack.click({ user: "U0OPERATOR", channel: "C0ALERTS", ts, action_id: "do.incident-close.1" });
    const view = await windowOf("U0OPERATOR");
    await stage.slack.submit("U0OPERATOR", view?.id ?? "", {
      ...written("text", "the feed hung"),
      ...written("helped", "restart of the feed"),
    });
    expect(stage.accepted).toMatchObject([
      { command: "incident-close", input: { alert: "inc-7", text: "the feed hung", helped: "restart of the feed" } },
    ]);
  });
});
