import { RotatingSecret } from "@rollcall/core/secrets/rotating-secret.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type GrafanaStage, openGrafanaStage } from "./grafana-stage-fixture.ts";

let it: GrafanaStage;
const streams: AbortController[] = [];
beforeEach(async () => {
  it = await openGrafanaStage();
});
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.abort();
  await it.close();
});

/** Follows through Grafana as a page does. */
async function follow(person: string) {
  const ending = new AbortController();
  streams.push(ending);
  const response = await it.client.ask(person, "api/v1/live?topics=agents", { signal: ending.signal });
  const state = { text: "", ended: false };
  const read = async (): Promise<void> => {
    for await (const part of response.body ?? []) state.text += Buffer.from(part as Uint8Array).toString();
    state.ended = true;
  };
  void read().catch(() => undefined);
  await expect.poll(() => state.text).toContain("event: hello");
  return { response, state };
}

describe("the live stream through Grafana", () => {
  test("comes as it happens, for the person who is signed in", async () => {
    const { response, state } = await follow("viewer");
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    expect(state.ended).toBe(false);
    expect(it.seen.admitted).toMatchObject([{ actor: "viewer", door: "grafana" }]);
  });

  test.each<[string, () => void, string]>([
    ["Grafana's token expires", () => it.clock.advance(10 * 60_000), "has expired"],
    ["the person is blocked", () => void it.blocked.add("viewer"), "this needs the role viewer"],
    ["the person leaves", () => void it.people.delete("viewer@example.test"), "this needs the role viewer"],
    [
      "the plugin's secret is another one",
      () => void it.secret.take(new RotatingSecret("the next secret of the plugin, for tests")),
      "the secret of Grafana's plugin",
    ],
  ])("ends when %s, with the reason", async (_, change, why) => {
    const { state } = await follow("viewer");
    change();
    await expect.poll(() => state.ended).toBe(true);
    expect(state.text).toContain(why);
  });

  test("gives no ticket: a ticket stands for an API token", async () => {
    const headers = { ...(await it.headersOf("viewer")), "content-type": "application/json" };
    const answer = await fetch(`${it.direct}/api/v1/live/ticket`, { method: "POST", headers, body: "{}" });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ next: "Through Grafana open /live or /live/socket itself." });
  });

  test("works as a WebSocket too, with the same proofs; with a ticket beside them it is refused", async () => {
    const base = it.direct.replace("http", "ws");
    const headers = await it.headersOf("viewer");
    const first = await new Promise<string>((resolve, reject) => {
      const socket = new WebSocket(`${base}/api/v1/live/socket`, { headers });
      socket.on("message", (data) => {
        socket.close();
        resolve(String(data));
      });
      socket.on("error", reject);
    });
    expect(JSON.parse(first)).toMatchObject({ type: "hello" });
    const refused = await new Promise<string>((resolve) => {
      const socket = new WebSocket(`${base}/api/v1/live/socket?ticket=rt_${"x".repeat(43)}`, { headers });
      socket.on("error", (error) => resolve(error.message));
    });
    expect(refused).toContain("400");
  });
});
