import type { KeptLogLine } from "@rollcall/core/domain/log-line.ts";
import type { LogStore } from "@rollcall/core/ports/log-store.ts";
import type { Message } from "@rollcall/local/slack/client.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type DoorStage, openDoor, textOf } from "./door-fixture.ts";

const HOSTILE = "<!channel> <@U0ADMIN> <https://evil.example|click> https://evil.example *bold* `code`";
const line = (text: string, more: Partial<KeptLogLine> = {}): KeptLogLine => ({
  ...{ id: 1, source: "billing", kind: "agent", at: Date.now() - 60_000, level: "error", text },
  ...{ trace: null, run: null, operation: null, fields: {} },
  ...more,
});

let stage: DoorStage;
let lines: KeptLogLine[];
beforeAll(async () => {
  stage = await openDoor();
  const logs: Partial<LogStore> = {
    search: async ({ sources }) => lines.filter(({ source }) => sources?.includes(source)),
    sources: async () => [],
  };
  Object.assign(stage.deps.ports, { logs });
});
beforeEach(async () => {
  lines = [line("cannot read key.pem"), line(HOSTILE, { id: 2 })];
  await stage.reset();
});
afterAll(async () => await stage.close());

const BOT = "U0FLEET";
const withFile = (channel: string): Promise<Message> =>
  stage.slack.waitForMessage(channel, ({ user, files }) => user === BOT && files.length > 0);
const contentOf = async (message: Message) => {
  const answer = await fetch(`${stage.standIn.url}/files/${message.files[0]?.id}`);
  return { type: answer.headers.get("content-type"), text: await answer.text() };
};

describe("the lines of an agent", () => {
  test("stand as a file in the direct messages of whoever typed the command in a channel", async () => {
    await stage.slack.says("U0VIEWER", "C0OPS", "/fleet logs billing");
    const answer = textOf(await stage.whispered("U0VIEWER", "2 errors in the last 2 lines"));
    expect(answer).toContain("The file is in our direct messages.");
    const message = await withFile("D0VIEWER");
    expect(message).toMatchObject({ thread_ts: null, files: [{ name: "billing.log", title: "Logs of billing" }] });
    const { type, text } = await contentOf(message);
    expect(type).toBe("text/plain; charset=utf-8");
    expect(text).toContain("ERROR billing cannot read key.pem\n");
    expect(text).toContain(HOSTILE);
    expect((await stage.slack.messages("C0OPS")).flatMap(({ files }) => files)).toEqual([]);
  });

  test("stand as a file in the thread of whoever mentioned us", async () => {
    await stage.slack.says("U0VIEWER", "C0OPS", "@fleet logs billing");
    const message = await withFile("C0OPS");
    const [question] = await stage.slack.messages("C0OPS");
    expect(message.thread_ts).toBe(question?.ts);
  });

  test("call nobody, link nowhere and are not bold, whatever they say", async () => {
    await stage.slack.says("U0VIEWER", "C0OPS", "/fleet logs billing");
    const answer = await stage.whispered("U0VIEWER", "2 errors in the last 2 lines");
    const shown = JSON.stringify(answer.blocks);
    expect(shown).toContain("&lt;!channel&gt; &lt;@U0ADMIN&gt;");
    expect(shown).not.toMatch(/<!channel|<@U0ADMIN|<https|\*bold|`code/);
    for (const block of answer.blocks as { text?: { verbatim?: boolean } }[])
      if (block.text !== undefined) expect(block.text.verbatim).toBe(true);
  });

  test("are no file where there are none", async () => {
    lines = [];
    await stage.slack.says("U0VIEWER", "C0OPS", "/fleet logs billing");
    const answer = textOf(await stage.whispered("U0VIEWER", "no line is kept that fits"));
    expect(answer).not.toContain("The file");
  });

  test("of a name that fits several are offered one by one", async () => {
    await stage.slack.says("U0VIEWER", "C0OPS", "/fleet logs in");
    const answer = JSON.stringify(await stage.whispered("U0VIEWER", "fits"));
    expect(answer).toMatch(/logs (billing|invoices)/i);
  });

  test("that Slack does not take are taken back in words", async () => {
    await stage.slack.failApi({ kind: "error", error: "missing_scope", methods: ["files.getUploadURLExternal"] });
    await stage.slack.says("U0VIEWER", "C0OPS", "/fleet logs billing");
    expect(textOf(await stage.whispered("U0VIEWER", "no file after all"))).toContain("missing_scope");
  });
});
