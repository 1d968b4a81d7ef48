import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfig } from "./config.ts";
import { setStage } from "./test-app.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rollcall-slack-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("keeping messages", () => {
  test("a message posted before a restart is edited after it", async () => {
    const dataFile = join(folder, "kept", "slack.json");
    const before = await setStage({ dataFile });
    const { ts } = await before.call("chat.postMessage", { channel: "C0OPS", text: "running" });
    await before.call("chat.postEphemeral", { channel: "C0OPS", user: "U0VIEWER", text: "only you" });
    await before.client.says("U0OPERATOR", "C0OPS", "/fleet roll-call");
    await before.close();
    const after = await setStage({ dataFile });
    expect(await after.call("chat.update", { channel: "C0OPS", ts, text: "done" })).toMatchObject({ ok: true });
    expect(await after.client.messages("C0OPS", "U0VIEWER")).toMatchObject([{ ts, text: "done" }]);
    expect(after.slack.workspace.tried).toBe(true);
    const next = await after.call("chat.postMessage", { channel: "C0OPS", text: "next" });
    expect(String(next.ts) > String(ts)).toBe(true);
    await after.close();
  });

  test.each(["{", '{"version":2}', '{"version":1,"messages":[{}]}'])(
    "a file that says %s is put aside",
    async (content) => {
      const dataFile = join(folder, "broken", "slack.json");
      await (await setStage({ dataFile })).close();
      await rm(join(folder, "broken"), { recursive: true, force: true });
      const stage = await setStage({ dataFile });
      await stage.call("chat.postMessage", { channel: "C0OPS", text: "x" });
      await stage.close();
      await writeFile(dataFile, content);
      const again = await setStage({ dataFile });
      expect(await again.client.messages("C0OPS")).toEqual([]);
      await again.close();
      expect((await readdir(join(folder, "broken"))).some((name) => name.startsWith("slack.json.broken-"))).toBe(true);
    },
  );
});

describe("settings", () => {
  test("every problem is named at once", () => {
    expect(() => readConfig({ SLACK_STANDIN_PORT: "x" })).toThrow(
      /SLACK_STANDIN_PORT.*SLACK_SIGNING_SECRET.*SLACK_BOT_TOKEN/s,
    );
    const config = readConfig({ SLACK_SIGNING_SECRET: "0123456789abcdef", SLACK_BOT_TOKEN: "xoxb-1" });
    expect(config).toMatchObject({ SLACK_STANDIN_PORT: 8090, SLACK_REQUEST_URL: "http://127.0.0.1:8080/slack/events" });
  });
});

describe("waiting", () => {
  test("for a message that never comes says what is there", async () => {
    const stage = await setStage();
    await stage.call("chat.postMessage", { channel: "C0OPS", text: "running" });
    await expect(stage.client.waitForMessage("C0OPS", () => false, { timeoutMs: 1 })).rejects.toThrow('"running"');
    await stage.close();
  });
});
