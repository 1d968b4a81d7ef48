import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openAccessFile } from "@rollcall/core/adapters/access-file.ts";
import { createSignIn } from "@rollcall/core/adapters/google/sign-in.ts";
import { linkDirectory } from "@rollcall/core/adapters/linked-directory.ts";
import { createApiTokens } from "@rollcall/core/adapters/postgres/api-tokens.ts";
import { createAuditLog } from "@rollcall/core/adapters/postgres/audit-log.ts";
import type { Pool } from "@rollcall/core/adapters/postgres/pool.ts";
import { createSessions } from "@rollcall/core/adapters/postgres/sessions.ts";
import { createSlackLinks } from "@rollcall/core/adapters/postgres/slack-links.ts";
import type { SlackUser } from "@rollcall/core/adapters/slack/user-lookup.ts";
import { createSeal, keyFrom } from "@rollcall/core/secrets/sealed-text.ts";
import { Secret } from "@rollcall/core/secrets/secret.ts";
import { CLIENT, openTestAccount, REDIRECT_URI } from "@rollcall/local/google/test-account.ts";
import { makeApp } from "../http/app-fixture.ts";
import type { AppDeps } from "../http/deps.ts";
import { createStoredTokens } from "../http/stored-tokens.ts";
import { createBrowser } from "./browser-fixture.ts";
import type { PageDeps } from "./deps.ts";
import { createSessionDoor } from "./session-door.ts";

export const PUBLIC_URL = new URL(REDIRECT_URI).origin;
/** `sub` of the sample people of the Google stand-in. */
export const GOOGLE_OF = { operator: "100000000000000000001", admin: "100000000000000000002" } as const;
const ACCESS = `people:
  - { id: olga, name: Olga, role: operator, mails: [operator@example.test], google: "${GOOGLE_OF.operator}" }
  - { id: adam, name: Adam, role: admin, mails: [admin@example.test], google: "${GOOGLE_OF.admin}" }
`;
/** Of both replicas. */
const FLEET_KEY = new Secret(`a fleet key ${randomBytes(16).toString("hex")}`);
/** A database with the schema. */
interface Store {
  readonly pool: Pool;
  close(): Promise<void>;
}

export type PageFixture = Awaited<ReturnType<typeof openPageFixture>>;

/** Google's stand-in, a PostgreSQL database, and as many replicas with pages as are asked for. */
export async function openPageFixture(store: Store) {
  const account = await openTestAccount();
  const folder = await mkdtemp(join(tmpdir(), "rollcall-pages-"));
  const accessFile = join(folder, "access.yaml");
  await writeFile(accessFile, ACCESS);
  const replicas: Awaited<ReturnType<typeof openParts>>[] = [];
  const slack = new Map<string, SlackUser>();
  /** Added to the real time by which ID tokens and keys are judged. */
  const clock = { aheadMs: 0, now: () => Date.now() + clock.aheadMs };
  const openReplica = async (more: { isLinkRequired?: boolean; publicUrl?: string } = {}) => {
    const parts = await openParts({ store, account, accessFile, clock, slack, ...more });
    replicas.push(parts);
    return {
      ...parts,
      browser: () => createBrowser({ app: parts.app, google: account.client, publicUrl: more.publicUrl ?? PUBLIC_URL }),
    };
  };
  return {
    ...{ account, store, clock, slack, openReplica },
    /** @returns what it said before */
    async changeAccess(change: (text: string) => string): Promise<string> {
      const before = await readFile(accessFile, "utf8");
      await writeFile(accessFile, change(before));
      // A changed file counts once it looks the same twice.
      for (const { directory } of [...replicas, ...replicas]) await directory.refresh();
      return before;
    },
    audit: (event: "authentication" | "access") => createAuditLog(store.pool).search({ event, limit: 50 }),
    async close() {
      for (const { directory, app } of replicas) {
        directory.close();
        await app.close();
      }
      await account.close();
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

interface Parts {
  readonly store: Store;
  readonly account: Awaited<ReturnType<typeof openTestAccount>>;
  readonly accessFile: string;
  readonly clock: { now(): number };
  readonly slack: ReadonlyMap<string, SlackUser>;
  readonly isLinkRequired?: boolean;
  readonly publicUrl?: string;
}

async function openParts(parts: Parts) {
  const { store, account, accessFile, clock, slack, isLinkRequired = true, publicUrl = PUBLIC_URL } = parts;
  const onProblem = (problem: string, cause?: unknown): never => {
    throw new Error(problem, { cause });
  };
  const sessions = createSessions(store.pool);
  const tokens = createApiTokens(store.pool);
  const links = createSlackLinks(store.pool);
  const directory = linkDirectory({
    people: await openAccessFile({ file: accessFile, clock, onProblem }),
    ...{ stored: { tokens, links, sessions }, isLinkRequired, clock, onProblem },
  });
  directory.watch();
  const pages: PageDeps = {
    publicUrl,
    hostedDomain: "example.test",
    signIn: createSignIn({
      ...{ issuer: account.google.url, clientId: CLIENT.id, clientSecret: new Secret(CLIENT.secret) },
      ...{ hostedDomain: "example.test", redirectUri: REDIRECT_URI, clock },
    }),
    ...{ sessions, tokens, links, directory },
    seal: createSeal(FLEET_KEY, "google grants"),
    formKey: keyFrom(FLEET_KEY, "forms of pages"),
    lookUpSlack: async (user) =>
      slack.get(user) ?? { user, name: user, mail: null, objection: "unknown to Slack" as const },
  };
  const made = makeApp((deps): AppDeps => {
    const ports = { ...deps.ports, directory, clock, audit: createAuditLog(store.pool) };
    const storedTokens = createStoredTokens({ directory, tokens, clock, onProblem });
    return { ...deps, ports, pages, sessions: createSessionDoor(pages, { ports }), storedTokens };
  });
  return { ...made, directory, pages };
}
