import type { ChatMessage, SlackChat } from "@rollcall/core/adapters/slack/chat.ts";
import type { SlackFiles } from "@rollcall/core/adapters/slack/files.ts";
import { describe, expect, test, vi } from "vitest";
import { answerInTime, createInterim, type Told } from "./answer.ts";
import { bareMessage } from "./render/asking.ts";

const PATIENT = { timeout: 20_000 };

function stage() {
  const said: string[] = [];
  const work = Promise.withResolvers<Told>();
  const interim = createInterim();
  const keep = ({ text }: { text: string }) => void said.push(text);
  const whisper = async (_: unknown, message: ChatMessage) => {
    keep(message);
    return { kind: "done" };
  };
  const asked = {
    ack: async (body?: Record<string, unknown>) => keep(body as { text: string }),
    ...{ responseUrl: null, channel: "C0OPS", user: "U1", from: "command" as const, ts: "" },
  };
  const answered = answerInTime(
    asked,
    { work: work.promise, interim, waiting: bareMessage("⏳ Looking…") },
    { chat: { whisper } as unknown as SlackChat, files: {} as SlackFiles, log: { info() {}, warn() {}, error() {} } },
  );
  const end = (text: string) => work.resolve({ message: bareMessage(text), isNeedless: false });
  return { said, interim, answered, end };
}

describe("an answer that takes its time", { timeout: 60_000 }, () => {
  test("shows what is known so far, newer words in place of older ones, and then the whole", async () => {
    const { said, interim, answered, end } = stage();
    interim.tell(bareMessage("1 of 3 known"));
    await vi.waitFor(() => expect(said).toEqual(["1 of 3 known"]), PATIENT);
    interim.tell(bareMessage("2 of 3 known"));
    await vi.waitFor(() => expect(said).toEqual(["1 of 3 known", "2 of 3 known"]), PATIENT);
    end("3 of 3 work");
    await answered;
    expect(said).toEqual(["1 of 3 known", "2 of 3 known", "3 of 3 work"]);
  });

  test("says that it looks where nothing is known yet", async () => {
    const { said, answered, end } = stage();
    await vi.waitFor(() => expect(said).toEqual(["⏳ Looking…"]), PATIENT);
    end("done");
    await answered;
    expect(said).toEqual(["⏳ Looking…", "done"]);
  });
});
