import { request as sendRequest } from "node:http";
import { LIVE_TOPICS } from "@rollcall/core/live-contract.ts";
import { type Attempt, authorizationOf, seenIn } from "./doors.ts";
import type { Wanted } from "./rights-by-design.ts";
import type { MatrixStage } from "./stage.ts";
import type { Seen } from "./verdict.ts";

/** Something that can be looked at by HTTP without a command. */
export interface View {
  readonly name: string;
  readonly wanted: Wanted;
  look(stage: MatrixStage, as: Pick<Attempt, "person" | "credential">): Promise<Seen>;
}

/** Everybody who is let in may see what there is; exports are for admins; all else is for viewers. */
const ROLES: Readonly<Record<string, Wanted["role"]>> = {
  ...{ "/api/v1/": null, "/api/v1/commands": null, "/api/v1/audit/export": "admin" },
  // Everybody sees their own.
  "/api/v1/tokens": null,
};
/** Only who signed in at a page has one; a token never does. */
const NOT_BY_TOKEN = ["/api/v1/session"];
/** Where the way leads; it names no agent and no person, so a token for acting may read it too. */
export const GATEWAY = "/api/v1/";

const viewOf = (name: string, role: Wanted["role"]): Wanted => ({
  ...{ name, role, kind: "read", danger: 0, live: false, agents: [] },
});

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Every address that the OpenAPI document offers for reading, and every live topic by each way of following. */
export async function makeViews({ control }: MatrixStage): Promise<readonly View[]> {
  const document = (await (await fetch(`${control.url}/api/v1/openapi.json`)).json()) as Document;
  const paths = Object.entries(document.paths).flatMap(([path, methods]) => (methods.get === undefined ? [] : [path]));
  const lists = paths.filter(
    (path) => path.startsWith("/api/v1/") && !path.startsWith("/api/v1/live") && !NOT_BY_TOKEN.includes(path),
  );
  const topics = LIVE_TOPICS.flatMap((topic) => [
    view(`/api/v1/live?topics=${topic}`, "viewer"),
    { ...view(`/api/v1/live/socket?topics=${topic}`, "viewer"), look: follow(`/api/v1/live/socket?topics=${topic}`) },
    ticketFor(topic),
  ]);
  const lines = "/api/v1/logs/stream/socket";
  topics.push({ ...view(lines, "viewer"), look: follow(lines) });
  return [...lists.map((path) => view(path, ROLES[path] === undefined ? "viewer" : ROLES[path])), ...topics];
}

const view = (path: string, role: Wanted["role"]): View => ({
  name: path,
  wanted: viewOf(path, role),
  async look({ control }, as) {
    const ending = new AbortController();
    const asked = `${path.replaceAll(/(?<=\/([a-z-]+)\/)\{[^}]+\}/g, exampleId)}${QUESTIONS[path] ?? ""}`;
    const response = await fetch(`${control.url}${asked}`, {
      headers: authorizationOf(as),
      signal: AbortSignal.any([ending.signal, AbortSignal.timeout(20_000)]),
    });
    const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
    const body = isStream ? "" : await response.text();
    ending.abort();
    // Figures that no Prometheus gives are nobody's secret either.
    return response.status === 503 ? seenIn(404, body) : seenIn(response.status, body);
  },
});

/** What an address has to be asked with at all. */
const QUESTION = "?name=rollcall_agent_rung&function=min";
const QUESTIONS: Readonly<Record<string, string>> = {
  ...{ "/api/v1/figures/measure": QUESTION, "/api/v1/figures/measure/course": QUESTION },
  "/api/v1/logs/search": "?q=paid",
};

/** Something of the form that the address wants. */
const exampleId = (_: string, list: string): string =>
  ({ agents: "billing", requests: "req-1", incidents: "inc-1", reports: "daily", charts: "memory" })[list] ?? "op-1";

const ticketFor = (topic: string): View => ({
  name: `POST /api/v1/live/ticket for ${topic}`,
  wanted: viewOf("ticket", "viewer"),
  async look({ control }, as) {
    const response = await fetch(`${control.url}/api/v1/live/ticket`, {
      method: "POST",
      headers: { ...authorizationOf(as), "content-type": "application/json" },
      body: JSON.stringify({ topics: [topic] }),
      signal: AbortSignal.timeout(20_000),
    });
    return seenIn(response.status, await response.text());
  },
});

const CLOSE_FRAME = 0x88;
const TEXT_FRAME = 0x81;

/** A WebSocket is let in with its first text, and refused with a status or with a close frame. */
const follow =
  (path: string): View["look"] =>
  ({ control }, as) =>
    new Promise((resolve, reject) => {
      const asked = sendRequest(`${control.url}${path}`, {
        timeout: 20_000,
        // A connection that ended a refused upgrade must not be taken for the next one.
        agent: false,
        headers: {
          ...authorizationOf(as),
          ...{ connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" },
          "sec-websocket-key": "cm9sbGNhbGwgbWF0cml4IQ==",
        },
      });
      asked.once("timeout", () => asked.destroy(new Error(`${path} does not answer`)));
      asked.on("error", reject);
      asked.once("response", (response) => {
        response.resume();
        resolve(seenIn(response.statusCode ?? 0, ""));
      });
      asked.once("upgrade", (_response, socket, head) => {
        socket.on("error", reject);
        socket.on("data", (part: Buffer) => {
          socket.destroy();
          resolve(seenInFrame(part[0] ?? 0));
        });
        if (head.length > 0) socket.unshift(head);
      });
      asked.end();
    });

function seenInFrame(first: number): Seen {
  if (first === TEXT_FRAME) return seenIn(200, "");
  return { became: first === CLOSE_FRAME ? "refused" : "broken", rule: null, words: `frame ${first}` };
}
