import { createSlackClient, type Message, type SlackClient } from "@rollcall/local/slack/client.ts";
import { createSlackStandIn, type SlackStandIn } from "@rollcall/local/slack/stand-in.ts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { ended, incident, NOW, operation, SETTINGS, SIGNING_SECRET } from "./fixtures.ts";
import { MemoryRows } from "./memory-rows.ts";
import { startPublisher } from "./publisher.ts";

let standIn: SlackStandIn;
let slack: SlackClient;
let rows: MemoryRows;
let publisher: { stop(): Promise<void> } | null = null;
const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };

beforeAll(async () => {
  standIn = await createSlackStandIn({
    port: 0,
    signingSecret: SIGNING_SECRET,
    botToken: SETTINGS.botToken,
    rateLimits: false,
  });
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

/** Real time for pacing; rows tell their own. */
const clock = { now: () => Date.now() };
const recent = { createdAt: Date.now(), startedAt: Date.now(), endedAt: null };

function start(isLeader = () => true): void {
  publisher = startPublisher({
    settings: { ...SETTINGS, apiUrl: `${standIn.url}/api/` },
    ports: rows.ports(clock),
    publications: rows.publications,
    isLeader,
    log,
    roundMs: 20,
  });
}

const finished = (ending: "recovered" | "did-not-come-back" = "recovered") =>
  ended(ending, { createdAt: Date.now() - 41_000, startedAt: Date.now() - 41_000, endedAt: Date.now(), revision: 9 });
const isShown = (key: string, revision: number) => async () => {
  await vi.waitUntil(() => rows.shown.get(key)?.revision === revision, { timeout: 15_000, interval: 20 });
};
const inChannel = async (channel: string): Promise<Message[]> =>
  (await slack.messages(channel)).filter(({ thread_ts }) => thread_ts === null);

describe("the publisher", () => {
  test("shows an operation as one message, edits it to its end, and buzzes once in the thread", async () => {
    rows.put(operation(recent));
    start();
    await isShown("op-481", 3)();
    rows.put(finished());
    await isShown("op-481", 9)();
    await isShown("op-481:ending", 9)();
    const messages = await slack.messages("C0OPS");
    expect(messages).toHaveLength(2);
    expect(messages[0]?.text).toBe("billing recovered in 41 s (op-481)");
    expect(messages[0]?.edited).not.toBeNull();
    expect(messages[1]?.thread_ts).toBe(messages[0]?.ts);
    expect(JSON.stringify(messages[1]?.blocks)).toContain("<@U0OPERATOR> billing works again");
    expect(log.error).not.toHaveBeenCalled();
  });

  test("shows an incident and the operation started from its card as one message", async () => {
    rows.put(incident({ openedAt: Date.now() }));
    start();
    await isShown("inc-7", 1)();
    rows.put({ ...finished(), incidentId: "inc-7" });
    rows.put(incident({ openedAt: Date.now(), state: "resolved", resolvedAt: Date.now(), revision: 2 }));
    await isShown("inc-7", 2)();
    await isShown("op-481:ending", 9)();
    const [card, ...others] = await inChannel("C0ALERTS");
    expect(others).toEqual([]);
    expect(card?.text).toBe("P0 billing recovered in 41 s.");
    expect(await slack.messages("C0OPS")).toEqual([]);
    expect((await slack.messages("C0ALERTS")).filter(({ thread_ts }) => thread_ts === card?.ts)).toHaveLength(1);
  });

  test("does not buzz whoever acknowledged by pressing the button", async () => {
    rows.put(incident({ openedAt: Date.now() }));
    rows.put({ ...finished(), command: "ack", targets: [], incidentId: "inc-7" });
    start();
    await isShown("inc-7", 1)();
    await isShown("op-481:ending", 9)();
    expect(await slack.messages("C0ALERTS")).toHaveLength(1);
  });

  test("posts no second message when the answer to the first was lost", async () => {
    await slack.failApi({ kind: "lost", methods: ["chat.postMessage"] });
    rows.put(operation(recent));
    start();
    await isShown("op-481", 3)();
    expect(await slack.messages("C0OPS")).toHaveLength(1);
  });

  test("posts no second message when it died between posting and writing that down", async () => {
    rows.failingMarks = 1;
    rows.put(operation(recent));
    start();
    await vi.waitUntil(async () => (await slack.messages("C0OPS")).length > 0, { timeout: 10_000, interval: 20 });
    await publisher?.stop();
    start();
    await isShown("op-481", 3)();
    expect(await slack.messages("C0OPS")).toHaveLength(1);
  });

  test("finds a lost note in its thread", async () => {
    rows.put(finished());
    start();
    await isShown("op-481:ending", 9)();
    const before = await slack.messages("C0OPS");
    rows.shown.delete("op-481:ending");
    rows.attempted.add("op-481:ending");
    await isShown("op-481:ending", 9)();
    expect((await slack.messages("C0OPS")).length).toBe(before.length);
  });

  test("obeys a rate limit and loses nothing", async () => {
    await slack.failApi({ kind: "ratelimited", methods: ["chat.postMessage"], retry_after_seconds: 1 });
    const began = Date.now();
    rows.put(operation(recent));
    start();
    await isShown("op-481", 3)();
    expect(Date.now() - began).toBeGreaterThanOrEqual(1000);
    expect(await slack.messages("C0OPS")).toHaveLength(1);
  });

  test("posts anew where somebody deleted the message", async () => {
    rows.put(operation(recent));
    start();
    await isShown("op-481", 3)();
    await slack.clear();
    rows.put(finished());
    await isShown("op-481", 9)();
    expect(await inChannel("C0OPS")).toHaveLength(1);
  });

  test("says the bare words when Slack does not take the blocks", async () => {
    await slack.failApi({ kind: "error", error: "invalid_blocks", methods: ["chat.postMessage"] });
    rows.put(operation(recent));
    start();
    await isShown("op-481", 3)();
    expect((await slack.messages("C0OPS"))[0]?.text).toContain("Restarting billing (op-481)");
    expect(log.error).toHaveBeenCalledWith(expect.objectContaining({ key: "op-481" }), "Slack refuses a message");
  });

  test("goes on after errors of Slack's servers", async () => {
    await slack.failApi({ kind: "http", status: 503, methods: ["chat.postMessage"] });
    rows.put(operation(recent));
    start();
    await isShown("op-481", 3)();
    expect(await slack.messages("C0OPS")).toHaveLength(1);
    expect(log.warn).toHaveBeenCalledWith({}, "Slack does not take messages");
    expect(log.info).toHaveBeenCalledWith(expect.anything(), "Slack takes messages again");
  });

  test("gives up a call that Slack never answers, and goes on (S8)", async () => {
    await slack.failApi({ kind: "hang", methods: ["chat.postMessage"] });
    rows.put(operation(recent));
    start();
    await isShown("op-481", 3)();
    expect(await slack.messages("C0OPS")).toHaveLength(1);
    expect(log.warn).toHaveBeenCalledWith({}, "Slack does not take messages");
  });

  test("goes on after the rows could not be read", async () => {
    const { behind } = rows.publications;
    const failing = vi.fn(behind).mockRejectedValueOnce(new Error("PostgreSQL is away"));
    Object.assign(rows.publications, { behind: failing });
    rows.put(operation(recent));
    start();
    await isShown("op-481", 3)();
    expect(log.warn).toHaveBeenCalledWith(expect.anything(), "messages cannot be brought up to date");
  });

  test("says how late a message is", async () => {
    rows.put(operation({ ...recent, createdAt: Date.now() - 240_000 }));
    start();
    await isShown("op-481", 3)();
    expect(JSON.stringify((await slack.messages("C0OPS"))[0]?.blocks)).toContain("this message was 4 min behind");
  });

  test("writes nothing while it is not the leader", async () => {
    let leads = false;
    const asked = vi.fn(() => leads);
    rows.put(operation({ ...recent, createdAt: NOW }));
    start(asked);
    await vi.waitUntil(() => asked.mock.calls.length > 3, { timeout: 10_000, interval: 20 });
    expect(await slack.messages("C0OPS")).toEqual([]);
    leads = true;
    await isShown("op-481", 3)();
  });

  test("writes the worst first", async () => {
    rows.put(operation(recent));
    rows.put(incident({ id: "inc-1", criticality: "P3", openedAt: Date.now() }));
    rows.put(incident({ id: "inc-2", criticality: "P0", openedAt: Date.now() }));
    start();
    await isShown("inc-1", 1)();
    const posts = (await slack.traffic()).filter(({ kind }) => kind === "chat.postMessage").slice(-3);
    const keys = posts.map(({ request }) => /"key":"([^"]+)"/.exec(decodeURIComponent(request.body))?.[1]);
    expect(keys.indexOf("inc-2")).toBe(0);
  });
});
