import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Workspace } from "../../ports/workspace.ts";
import { GROUPS } from "./google-fixture.ts";
import { createWorkspace } from "./workspace.ts";

const ANSWERS = 10_000;
const SEED = 20_261_121;

/** Mulberry32: the same numbers each time, so that a failure can be seen again. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
const random = randomFrom(SEED);
const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;

const STATUSES = [200, 200, 200, 200, 204, 301, 400, 401, 403, 404, 409, 418, 429, 500, 502, 503];
const REASONS = [
  "userRateLimitExceeded",
  "quotaExceeded",
  "rateLimitExceeded",
  "forbidden",
  "notFound",
  "invalid",
  "authError",
  "backendError",
  "",
];
const PERSON = "100000000000000000001";
const active = { kind: "admin#directory#user", id: PERSON, primaryEmail: "a@example.test", name: { fullName: "A" } };

/** Everything but the one true yes: whole, almost right, another's, broken, errors of every kind. */
function bodyOf(): string {
  const reason = pick(REASONS);
  const near = pick<unknown>([
    { isMember: "true" },
    { isMember: 1 },
    { isMember: false },
    { isMember: null },
    { ismember: true },
    [{ isMember: true }],
    { data: { isMember: true } },
    { error: { code: 403, message: pick(["Invalid Input: memberKey", reason, "no"]), errors: [{ reason }] } },
    { error: { code: 200, errors: [] }, isMember: "yes" },
    { error: pick(["invalid_grant", "unauthorized_client", "temporarily_unavailable"]) },
    { kind: "admin#directory#members" },
    {
      kind: "admin#directory#members",
      members: [{ id: "100000000000000000009", type: "USER", status: "SUSPENDED" }],
      nextPageToken: "again",
    },
    // True of the person, but no word about the group.
    { ...active, suspended: false, archived: false },
    { ...active, suspended: true, archived: false },
    { ...active, suspended: "false", archived: "false" },
    { ...active, id: "100000000000000000002", suspended: false, archived: false },
    {},
    null,
    true,
    "isMember",
  ]);
  const text = JSON.stringify(near);
  return pick([
    text,
    text,
    text,
    text.slice(0, Math.floor(random() * text.length)),
    "<html>true</html>",
    "",
    "\0\uFFFD",
  ]);
}

let server: Server;
let workspace: Workspace;
let answered = 0;
beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    if (request.url === "/token") {
      // A token is there, or nothing else would be asked.
      response.writeHead(200, { "content-type": "application/json" });
      response.end('{"access_token":"ya29.x","expires_in":3599,"token_type":"Bearer"}');
      return;
    }
    answered += 1;
    if (request.url?.includes("/users/") && random() < 0.5) {
      // That the person is there is no word about the group; a slip there must be seen here.
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ ...active, suspended: false, archived: false }));
      return;
    }
    if (random() < 0.02) return void request.socket.destroy();
    const status = pick(STATUSES);
    response.writeHead(status, {
      "content-type": pick(["application/json", "text/html"]),
      location: "http://127.0.0.1:9/",
    });
    response.end(status === 204 ? undefined : bodyOf());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  workspace = createWorkspace({
    email: "x@y.iam.gserviceaccount.com",
    privateKey: String(privateKey.export({ format: "pem", type: "pkcs8" })),
    administrator: "admin@example.test",
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    groups: GROUPS,
    foreignDomains: [],
    pauseMs: 0,
  });
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

describe(`${ANSWERS} mixed answers of Google (seed ${SEED})`, () => {
  test("no answer but a true yes opens a door, and no list comes of them", { timeout: 120_000 }, async () => {
    const opened: unknown[] = [];
    const ask = async (): Promise<void> => {
      while (answered < ANSWERS) {
        const isExternal = random() < 0.2;
        const asked = workspace.isIn({ id: PERSON, isExternal }, [pick(Object.values(GROUPS))]);
        if (await asked.catch(() => false)) opened.push(isExternal);
        const read = await workspace.read().catch(() => null);
        if (read !== null && read.people.length > 0) opened.push(read);
      }
    };
    await Promise.all(Array.from({ length: 8 }, ask));
    expect(opened).toEqual([]);
    expect(answered).toBeGreaterThanOrEqual(ANSWERS);
  });
});
