import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Stage, setStage } from "./test-app.ts";

const APP_TOKEN = "xapp-local";
let stage: Stage;
beforeAll(async () => {
  stage = await setStage({ appToken: APP_TOKEN, ackDeadlineMs: 300 });
  await stage.client.deliverOver("socket");
});
beforeEach(async () => await stage.client.clear());
afterAll(async () => await stage.close());

const urlOf = async (): Promise<string> => String((await stage.call("apps.connections.open", {}, APP_TOKEN)).url);

/** A connection that keeps what it gets; `answer` acknowledges. */
async function connect(answer: object | null = {}) {
  const socket = new WebSocket(await urlOf());
  const got: Record<string, unknown>[] = [];
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(String(data)) as Record<string, unknown>;
    got.push(message);
    if (message.envelope_id !== undefined && answer !== null)
      socket.send(JSON.stringify({ envelope_id: message.envelope_id, payload: answer }));
  });
  await expect.poll(() => got[0]?.type).toBe("hello");
  const close = async () => {
    const before = await stage.client.openSockets();
    socket.close();
    await expect.poll(() => stage.client.openSockets()).toBeLessThan(before);
  };
  return { socket, got, envelopes: () => got.filter(({ envelope_id }) => envelope_id !== undefined), close };
}
const types = (text: string) => stage.client.says("U0OPERATOR", "C0OPS", text);

describe("Socket Mode of the stand-in", () => {
  test("opens to the app's own token only, and an address serves once", async () => {
    expect(await stage.call("apps.connections.open")).toMatchObject({ ok: false, error: "invalid_auth" });
    const url = await urlOf();
    const first = new WebSocket(url);
    await new Promise((resolve) => first.addEventListener("open", resolve));
    const second = new WebSocket(url);
    await new Promise((resolve) => second.addEventListener("error", resolve));
    first.close();
    await expect.poll(() => stage.client.openSockets()).toBe(0);
  });

  test("sends each envelope to one connection, and shows the answer", async () => {
    const one = await connect({ text: "from one" });
    const two = await connect({ text: "from two" });
    expect((await types("/fleet status")).acks).toMatchObject([{ outcome: "acked", body: '{"text":"from one"}' }]);
    expect((await types("/fleet status")).acks).toMatchObject([{ outcome: "acked", body: '{"text":"from two"}' }]);
    expect([one.envelopes().length, two.envelopes().length]).toEqual([1, 1]);
    expect(one.envelopes()[0]).toMatchObject({
      ...{ type: "slash_commands", accepts_response_payload: true },
      payload: { command: "/fleet", text: "status", user_id: "U0OPERATOR" },
    });
    await one.close();
    await two.close();
  });

  test("repeats an event that nobody took, and says so", async () => {
    await stage.client.says("U0OPERATOR", "D0OPERATOR", "status");
    const late = await connect();
    await expect.poll(() => late.envelopes().length).toBe(1);
    expect(late.envelopes()[0]).toMatchObject({
      ...{ type: "events_api", accepts_response_payload: false, retry_attempt: 1, retry_reason: "connection_failed" },
      payload: { type: "event_callback", event: { type: "message", channel_type: "im" } },
    });
    await late.close();
  });

  test("waits for an acknowledgement as long as Slack does", async () => {
    const silent = await connect(null);
    expect((await types("/fleet status")).acks).toMatchObject([{ outcome: "timeout" }]);
    await silent.close();
    expect((await types("/fleet status")).acks).toMatchObject([{ outcome: "failed" }]);
  });

  test("takes ten connections of an app, and tells the eleventh to leave", async () => {
    const ten = await Promise.all(Array.from({ length: 10 }, () => connect()));
    const eleventh = new WebSocket(await urlOf());
    const said: unknown[] = [];
    eleventh.addEventListener("message", ({ data }) => said.push(JSON.parse(String(data))));
    await new Promise((resolve) => eleventh.addEventListener("close", resolve));
    expect(said).toMatchObject([{ type: "disconnect", reason: "too_many_websockets" }]);
    expect(await stage.client.openSockets()).toBe(10);
    for (const one of ten) await one.close();
    await (await connect()).close();
  });

  test("asks a connection to leave, and sends it nothing more", async () => {
    const leaving = await connect();
    await stage.client.dropSockets("refresh_requested");
    await expect.poll(() => leaving.got.at(-1)).toMatchObject({ type: "disconnect", reason: "refresh_requested" });
    expect((await types("/fleet status")).acks).toMatchObject([{ outcome: "failed" }]);
    await leaving.close();
  });
});
