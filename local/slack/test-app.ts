import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createSlackClient, type SlackClient } from "./client.ts";
import { createSlackStandIn, type SlackStandIn, type SlackStandInOptions } from "./stand-in.ts";

export interface Received {
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  readonly payload: Record<string, unknown>;
}

/** An app that records what it gets and answers what a test says. */
export interface TestApp {
  readonly url: string;
  readonly received: Received[];
  answer: (request: Received, response: ServerResponse) => void;
  close(): Promise<void>;
}

export async function startTestApp(): Promise<TestApp> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      const got = { headers: request.headers, body, payload: parse(body) };
      received.push(got);
      app.answer(got, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const app: TestApp = {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/slack/events`,
    received,
    answer: (_request, response) => response.writeHead(200).end(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return app;
}

function parse(body: string): Record<string, unknown> {
  if (body.startsWith("{")) return JSON.parse(body);
  const form = new URLSearchParams(body);
  return JSON.parse(form.get("payload") ?? JSON.stringify(Object.fromEntries(form)));
}

export const SECRET = "0123456789abcdef0123456789abcdef";
export const TOKEN = "xoxb-local";

export interface Stage {
  readonly slack: SlackStandIn;
  readonly client: SlackClient;
  readonly app: TestApp;
  /** Calls the Web API as an app does. */
  call(method: string, args?: Record<string, unknown>, token?: string | null): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

/** A stand-in with a recording app behind it. */
export async function setStage(options: Partial<SlackStandInOptions> = {}): Promise<Stage> {
  const app = await startTestApp();
  const slack = await createSlackStandIn({
    port: 0,
    signingSecret: SECRET,
    botToken: TOKEN,
    requestUrl: app.url,
    rateLimits: false,
    ...options,
  });
  return {
    slack,
    app,
    client: createSlackClient(slack.url),
    call: async (method, args = {}, token = TOKEN) => {
      const form = Object.entries(args).map(([key, value]): [string, string] => [
        key,
        typeof value === "string" ? value : JSON.stringify(value),
      ]);
      const response = await fetch(`${slack.url}/api/${method}`, {
        method: "POST",
        headers: token === null ? {} : { authorization: `Bearer ${token}` },
        body: new URLSearchParams(form),
      });
      return (await response.json()) as Record<string, unknown>;
    },
    close: async () => {
      await slack.close();
      await app.close();
    },
  };
}

/** @throws AssertionError if a request is not signed with `SECRET`, or not now */
export function expectSigned({ headers, body }: Received): void {
  const timestamp = String(headers["x-slack-request-timestamp"]);
  const hmac = createHmac("sha256", SECRET).update(`v0:${timestamp}:${body}`).digest("hex");
  assert.equal(headers["x-slack-signature"], `v0=${hmac}`);
  assert.ok(Math.abs(Date.now() / 1000 - Number(timestamp)) < 30);
}
