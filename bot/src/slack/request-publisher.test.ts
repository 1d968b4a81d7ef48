import type { ApprovalRequest } from "@rollcall/core/domain/approval.ts";
import type { RequestDraft } from "@rollcall/core/ports/approval-requests.ts";
import { createSlackClient, type Message, type SlackClient } from "@rollcall/local/slack/client.ts";
import { createSlackStandIn, type SlackStandIn } from "@rollcall/local/slack/stand-in.ts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { incident, OPERATOR, SETTINGS, SIGNING_SECRET } from "./fixtures.ts";
import { MemoryRows } from "./memory-rows.ts";
import { startPublisher } from "./publisher.ts";

let standIn: SlackStandIn;
let slack: SlackClient;
let rows: MemoryRows;
let publisher: { stop(): Promise<void> } | null = null;
const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };

beforeAll(async () => {
  const { botToken } = SETTINGS;
  standIn = await createSlackStandIn({ port: 0, signingSecret: SIGNING_SECRET, botToken, rateLimits: false });
  slack = createSlackClient(standIn.url);
});
beforeEach(async () => {
  rows = new MemoryRows();
  await slack.clear();
  await slack.clearFaults();
  vi.clearAllMocks();
});
afterEach(async () => {
  await publisher?.stop();
  publisher = null;
});
afterAll(async () => await standIn.close());

const start = (): void => {
  publisher = startPublisher({
    settings: { ...SETTINGS, apiUrl: `${standIn.url}/api/` },
    ports: rows.ports({ now: () => Date.now() }),
    publications: rows.publications,
    isLeader: () => true,
    log,
    roundMs: 20,
  });
};
const draft = (changes: Partial<RequestDraft> = {}): RequestDraft => ({
  ...{
    command: "restart",
    input: { who: ["all"] },
    actor: OPERATOR,
    door: "slack",
    reason: "4.7.2 <!here> is *broken*",
  },
  ...{ requestId: "r-1", idempotencyKey: "key-1", hash: "h", policyVersion: "p", incidentId: null },
  ...{ targets: ["billing", "invoices", "order-validator", "content-strategist"], rule: "many-agents" },
  why: "these are 4 of 4 agents, more than 3, so it needs a second person",
  expiresInSeconds: 600,
  ...changes,
});
const ask = async (changes: Partial<RequestDraft> = {}): Promise<ApprovalRequest> =>
  (await rows.requests.ask(draft(changes), {} as never)).request;
const settle = (id: string, state: "approved" | "denied" | "withdrawn" | "void", reason: string | null = null) =>
  rows.requests.settle({
    ...{ id, state, hash: "h", by: { id: "second", name: "Second admin" }, door: "slack", reason, audit: {} as never },
    ...(state === "approved" ? { acceptance: {} as never } : {}),
  });
const isShown = async (key: string, revision: number): Promise<void> => {
  await vi.waitUntil(() => rows.shown.get(key)?.revision === revision, { timeout: 15_000, interval: 20 });
};
const DM_OF_SECOND = "req-1:dm:U0SECOND";
const textOf = (message: Message | undefined): string => JSON.stringify(message?.blocks ?? null);
const labelsOf = (message: Message | undefined): string[] =>
  [...textOf(message).matchAll(/"(?:Approve|Deny|Withdraw|See plan)"/g)].map(([label]) => label.slice(1, -1));
const inOps = async (): Promise<Message[]> => (await slack.messages("C0OPS")).filter((one) => one.thread_ts === null);

describe("the message of a request", () => {
  test("says what, who, why, how much of the fleet and until when, and offers what can be done", async () => {
    await ask();
    start();
    await isShown("req-1", 1);
    const [message] = await inOps();
    const text = textOf(message);
    expect(text).toContain(
      "✋ *Waiting for a second person* — restart billing, invoices, order-validator, content-strategist",
    );
    expect(text).toMatch(
      /asked by @Operator on call .* · \\"4.7.2 &lt;!here&gt; is ∗broken∗\\" · 4 of 4 agents · ends /,
    );
    expect(text).toMatch(/These are 4 of 4 agents, more than 3, so it needs a second person \(rule many-agents\)/);
    expect(text).toMatch(/Can approve it: Second admin, Guest\. Nothing has happened yet\./);
    expect(new Set(labelsOf(message))).toEqual(new Set(["Approve", "Deny", "Withdraw", "See plan"]));
    expect(message?.text).toMatch(/^Waiting for a second person: restart billing.* \(req-1\), asked by/);
    expect(log.error).not.toHaveBeenCalled();
  });

  test("names each agent, also those that its headline has no room for", async () => {
    const targets = Array.from({ length: 10 }, (_, index) => `agent-with-a-long-name-${index}`);
    await ask({ targets });
    start();
    await isShown("req-1", 1);
    const text = textOf((await inOps())[0]);
    expect(targets.filter((name) => !text.includes(name))).toEqual([]);
  });

  test("goes to those who may agree as well, and not to who asked", async () => {
    await ask();
    start();
    await isShown(DM_OF_SECOND, 1);
    const direct = rows.shown.get(DM_OF_SECOND);
    expect(textOf((await slack.messages(direct?.channel ?? ""))[0])).toContain("Waiting for a second person");
    expect([...rows.direct]).toEqual([DM_OF_SECOND, "req-1:dm:U0GUEST"]);
  });

  test.each([
    ["approved", null, /✅ \*Approved\*.*Approved by @Second admin .* Goes on as .*op-1/],
    ["denied", "not now", /🚫 \*Denied\*.*Denied by @Second admin .*: not now\. Nothing was done\./],
    ["withdrawn", null, /⏹ \*Withdrawn\*.*Nothing was done\./],
    ["void", "it would now be about nobody", /⌛ \*No longer holds\*.*it would now be about nobody.*Nothing was done/],
  ] as const)("is edited when it is %s, everywhere, and its buttons are gone", async (state, reason, words) => {
    await ask();
    start();
    await isShown("req-1", 1);
    await isShown(DM_OF_SECOND, 1);
    await settle("req-1", state, reason);
    await isShown("req-1", 2);
    await isShown(DM_OF_SECOND, 2);
    const direct = (await slack.messages(rows.shown.get(DM_OF_SECOND)?.channel ?? ""))[0];
    const all = await inOps();
    expect(all).toHaveLength(1);
    for (const message of [all[0], direct]) {
      expect(textOf(message)).toMatch(words);
      expect(labelsOf(message)).toEqual([]);
    }
  });

  test("says that nobody answered, and buzzes who asked once", async () => {
    await ask({ expiresInSeconds: 0 });
    await rows.requests.expire();
    start();
    await isShown("req-1", 2);
    await isShown("req-1:ending", 2);
    expect(textOf((await inOps())[0])).toContain("⌛ *Expired*");
    const notes = (await slack.messages("C0OPS")).filter(({ thread_ts }) => thread_ts !== null);
    expect(notes.map(({ text }) => text)).toEqual([expect.stringContaining("Nobody answered")]);
    expect(textOf(notes[0])).toContain("<@U0OPERATOR> req-1");
    // What is over before anybody was told is told to nobody.
    expect([...rows.direct]).toEqual([]);
  });

  test("stands in the thread of the card it was asked from", async () => {
    rows.put(incident({ openedAt: Date.now() }));
    await ask({ incidentId: "inc-7" });
    start();
    await isShown("req-1", 1);
    const card = rows.shown.get("inc-7");
    const inThread = (await slack.messages("C0ALERTS")).filter(({ thread_ts }) => thread_ts === card?.ts);
    expect(inThread.map(textOf)).toEqual([expect.stringContaining("Waiting for a second person")]);
    expect(await inOps()).toEqual([]);
  });

  test("is one message, to each, when answers of Slack are lost and the process dies after a post", async () => {
    await slack.failApi({ kind: "lost", count: 2, methods: ["chat.postMessage"] });
    rows.failingMarks = 2;
    await ask();
    start();
    await isShown("req-1", 1);
    await isShown(DM_OF_SECOND, 1);
    await publisher?.stop();
    start();
    await settle("req-1", "denied");
    await isShown("req-1", 2);
    expect(await inOps()).toHaveLength(1);
    expect(await slack.messages(rows.shown.get(DM_OF_SECOND)?.channel ?? "")).toHaveLength(1);
  });
});
