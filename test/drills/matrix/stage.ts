import { createHash } from "node:crypto";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { GoogleClient } from "@rollcall/local/google/client.ts";
import { ADMIN, CLIENT, openTestAccount, SERVICE_ACCOUNT } from "@rollcall/local/google/test-account.ts";
import pg from "pg";
import { NO_BRAKES, NO_LIMITS } from "../../no-limits.ts";
import { type ControlStage, openControlStage } from "../control-stage.ts";
import { type MatrixGrafana, openMatrixGrafana } from "./grafana.ts";
import type { Credential } from "./rights-by-design.ts";
import { GROUP_OF, type MatrixPerson, NARROWED_GROUP, scopesAbout, tokenText } from "./subjects.ts";
import { AGENTS } from "./wanted.ts";

/** Somebody beside the people of the matrix who asks for what needs a second person. */
export const ASKER = {
  google: "900000000000000000999",
  id: "asker",
  mail: "asker@example.test",
  token: tokenText("asker"),
};

/** A control service that takes its roles from a Google Workspace account, with everybody of the matrix in it. */
export interface MatrixStage {
  readonly control: ControlStage;
  readonly google: GoogleClient;
  readonly grafana: MatrixGrafana;
  /** Runs a statement as the owner of the database. */
  sql(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  /** Writes access.yaml anew; people in it may have lost their token, or be blocked. */
  writeAccess(taken: Taken): Promise<void>;
  close(): Promise<void>;
}

/** Ids of people to whom something happens in access.yaml. */
interface Taken {
  readonly tokens: ReadonlySet<string>;
  readonly blocked: ReadonlySet<string>;
}
const NOTHING: Taken = { tokens: new Set(), blocked: new Set() };

export async function openMatrixStage(people: readonly MatrixPerson[]): Promise<MatrixStage> {
  const account = await openTestAccount();
  const folder = await mkdtemp(join(tmpdir(), "rollcall-matrix-"));
  const ends = [() => account.close(), () => rm(folder, { recursive: true, force: true })];
  const close = async () => {
    for (const end of ends.toReversed()) await end().catch(() => undefined);
  };
  try {
    const grafana = await openMatrixGrafana();
    ends.push(() => grafana.close());
    await fillGoogle(account.client, people);
    const keyFile = join(folder, "service-account.json");
    const key = { type: "service_account", client_email: SERVICE_ACCOUNT, private_key: account.privateKey };
    await writeFile(keyFile, JSON.stringify(key), { mode: 0o600 });
    const environment = {
      ...{
        ...googleSettings(account.google.url, keyFile),
        ...grafana.environment,
        ROLLCALL_LIMITS: NO_LIMITS,
        ROLLCALL_BRAKES: NO_BRAKES,
      },
    };
    const control = await openControlStage(1, { access: accessOf(people, NOTHING), more: AGENTS, environment });
    ends.push(() => control.close());
    fillSlack(control, people);
    const owner = new pg.Client({ connectionString: control.ownerUrl });
    owner.on("error", () => undefined);
    await owner.connect();
    ends.push(() => owner.end());
    let last: Promise<unknown> = Promise.resolve();
    // One connection does one thing at a time.
    const sql: MatrixStage["sql"] = (text, values = []) => {
      const mine = last.then(() => owner.query(text, [...values]));
      last = mine.catch(() => undefined);
      return mine.then(({ rows }) => rows);
    };
    await fillOverrides(sql, people);
    // The promise of blocks and lifts: they count within two seconds. What is asked before may be answered either way.
    await sleep(2_000);
    const writeAccess = (taken: Taken) => replaceFile(control.accessFile, JSON.stringify(accessOf(people, taken)));
    return { control, google: account.client, grafana, sql, writeAccess, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const googleSettings = (url: string, keyFile: string) => ({
  ...{ GOOGLE_SERVICE_ACCOUNT_FILE: keyFile, GOOGLE_DELEGATED_ADMIN: ADMIN, GOOGLE_API_URL: `${url}/` },
  ...{ ROLLCALL_GROUP_ADMIN: GROUP_OF.admin, ROLLCALL_GROUP_OPERATOR: GROUP_OF.operator },
  ROLLCALL_GROUP_VIEWER: GROUP_OF.viewer,
  ...{ GOOGLE_CLIENT_ID: CLIENT.id, GOOGLE_CLIENT_SECRET: CLIENT.secret, GOOGLE_HOSTED_DOMAIN: "example.test" },
  ...{ GOOGLE_ISSUER: url, ROLLCALL_SLACK_LINK: "file" },
});

async function fillGoogle(google: GoogleClient, people: readonly MatrixPerson[]): Promise<void> {
  await google.addUser({ id: ASKER.google, email: ASKER.mail });
  await google.join(GROUP_OF.operator, ASKER.mail);
  await google.addGroup({ email: NARROWED_GROUP });
  await google.join(GROUP_OF.operator, NARROWED_GROUP);
  for (const role of ["admin", "operator", "viewer"] as const) {
    await google.addGroup({ email: nestedGroup(role) });
    await google.join(GROUP_OF[role], nestedGroup(role));
  }
  for (const person of people) await addToGoogle(google, person);
}

const nestedGroup = (role: string): string => `nested-${role}@example.test`;

async function addToGoogle(google: GoogleClient, { google: id, mail, granted, standing }: MatrixPerson): Promise<void> {
  if (standing === "removed from the directory") return;
  await google.addUser({ id, email: mail });
  if (granted !== null) {
    const isNarrow = standing === "narrowed by group" && granted === "operator";
    const isNested = standing === "member of a nested group";
    await google.join(isNarrow ? NARROWED_GROUP : isNested ? nestedGroup(granted) : GROUP_OF[granted], mail);
  }
  if (standing === "suspended") await google.changeUser(mail, { suspended: true });
  if (standing === "archived") await google.changeUser(mail, { archived: true });
}

const HOUR_MS = 3_600_000;

/** access.yaml calls everybody an admin: beside Google its roles must count for nothing. */
function accessOf(people: readonly MatrixPerson[], { tokens, blocked }: Taken): object {
  const now = Date.now();
  const moment = (inMs: number): string => new Date(now + inMs).toISOString();
  const entry = (person: Pick<MatrixPerson, "id" | "google" | "token">, slack: readonly string[], more: object[]) => ({
    ...{ id: person.id, name: person.id, role: "admin", google: person.google },
    slack: slack.map((user) => ({ team: "T0LOCAL", user })),
    tokens: tokens.has(person.id)
      ? []
      : [tokenEntry(person.token, { id: person.id, scopes: ["*"], expires: moment(HOUR_MS) }), ...more],
  });
  const inFile = people.filter(({ standing, id }) => standing === "blocked in the file" || blocked.has(id));
  const over = people.filter(({ standing }) => standing === "block of the file over");
  return {
    people: [
      entry(ASKER, [], []),
      ...people.map((person) => entry(person, slackUsersOf(person), otherTokens(person, moment))),
    ],
    scopes: scopesAbout(people),
    blocked: [
      ...inFile.map(({ id }) => ({ person: id, reason: "a matrix" })),
      ...over.map(({ id }) => ({ person: id, reason: "a matrix", until: moment(-HOUR_MS) })),
    ],
  };
}

/** Nobody ever reads half of it. */
async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

const tokenEntry = (text: string, { id, scopes, expires }: { id: string; scopes: string[]; expires: string }) => ({
  ...{ id, scopes, expires, sha256: createHash("sha256").update(text).digest("hex") },
});

/** The token of a person that is good for less, or for nothing any more. */
export const otherToken = ({ id }: Pick<MatrixPerson, "id">, credential: Credential): string =>
  tokenText(`${credential.replaceAll(" ", "-")}-${id}`);

function otherTokens(person: MatrixPerson, moment: (inMs: number) => string): object[] {
  if (person.standing !== "known") return [];
  const made = (credential: Credential, scopes: string[], inMs: number) =>
    tokenEntry(otherToken(person, credential), {
      ...{ id: `${person.id}-${credential.replaceAll(" ", "-")}`, scopes, expires: moment(inMs) },
    });
  return [
    made("for reading only", ["read"], HOUR_MS),
    made("for acting only", ["act"], HOUR_MS),
    made("expired", ["*"], -HOUR_MS),
  ];
}

/** What Slack says of further accounts of an admin. */
export const SLACK_OBJECTIONS: Readonly<Partial<Record<Credential, object>>> = {
  "deleted in Slack": { deleted: true },
  "bot in Slack": { is_bot: true },
  "guest in Slack": { is_restricted: true },
  "of another company in Slack": { is_stranger: true, team_id: "T0OTHER" },
  "of another workspace in Slack": {},
  "without a confirmed mail in Slack": { is_email_confirmed: false },
};

export const objectedUser = (person: MatrixPerson, credential: Credential): string =>
  `${person.slackUser}${Object.keys(SLACK_OBJECTIONS).indexOf(credential)}`;

function slackUsersOf(person: MatrixPerson): string[] {
  if (person.standing !== "known") return [person.slackUser];
  const others = Object.keys(SLACK_OBJECTIONS) as Credential[];
  return [person.slackUser, ...others.map((credential) => objectedUser(person, credential))];
}

function fillSlack({ slack: { workspace } }: ControlStage, people: readonly MatrixPerson[]): void {
  const pattern = workspace.users.get("U0OPERATOR");
  if (pattern === undefined) throw new Error("the stand-in has no operator");
  for (const person of people) {
    workspace.addUser({ ...pattern, id: person.slackUser, name: person.id });
    // What takes longer is answered there.
    workspace.channels.get("C0OPS")?.members.add(person.slackUser);
    if (person.standing !== "known") continue;
    for (const [credential, objection] of Object.entries(SLACK_OBJECTIONS))
      workspace.addUser({ ...pattern, ...objection, id: objectedUser(person, credential as Credential) });
  }
}

async function fillOverrides(sql: MatrixStage["sql"], people: readonly MatrixPerson[]): Promise<void> {
  for (const { google, standing } of people) {
    if (standing === "blocked in PostgreSQL")
      await sql(
        "insert into access_overrides (kind, person, reason, made_by) values ('block', $1, 'a matrix', 'somebody')",
        [google],
      );
    const role = standing === "lifted to operator" ? "operator" : "admin";
    if (!standing.startsWith("lift")) continue;
    await sql(
      `insert into access_overrides (kind, person, role, reason, made_by, until_at)
       values ('lift', $1, $2, 'on call', 'somebody', clock_timestamp() + $3::interval)`,
      [google, role, standing === "lift over" ? "-1 hour" : "1 hour"],
    );
  }
}
