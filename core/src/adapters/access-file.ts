import { createHash, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { hasRole, ROLES, type Role } from "../domain/actor.ts";
import { LONGEST_LIFT_HOURS, type StandingRules } from "../policy-rules.ts";
import { TOKEN_SCOPES } from "../ports/api-tokens.ts";
import type { Clock } from "../ports/clock.ts";
import type { Directory, DirectoryTrust, Person } from "../ports/directory.ts";
import { STANDING_WORD } from "../standing-words.ts";
import { openWatchedFile, type WatchedFile } from "../watched-file.ts";
import { readYamlFile, type YamlFile } from "../yaml-file.ts";

const token = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "a-z, 0-9 and -, at most 63 characters"),
  /** Of the token's text `rc_…`; the text itself is stored nowhere. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "64 characters 0-9 a-f, the SHA-256 of the token"),
  expires: z.iso.datetime({ offset: true, error: "a time like 2027-01-31T00:00:00Z" }),
  /** `*` stands for all. */
  scopes: z.array(z.enum([...TOKEN_SCOPES, "*"])).min(1),
});
const person = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9.-]{0,62}$/, "a-z, 0-9, . and -, at most 63 characters"),
  name: z.string().min(1).max(100),
  mails: z.array(z.email("a mail address")).default([]),
  slack: z
    .array(
      z.strictObject({
        team: z.string().regex(/^[TE][A-Z0-9]+$/, "the id of a Slack workspace, T…"),
        user: z.string().regex(/^[UW][A-Z0-9]+$/, "the id of a Slack user, U…"),
      }),
    )
    .default([]),
  tokens: z.array(token).default([]),
  /** Account of Google that this person is, by its number; where roles come from Google, nothing else links the two. */
  google: z
    .string()
    .regex(/^\d{5,30}$/, "the number of a Google account, digits in quotes")
    .optional(),
  /** null: known, but allowed nothing. */
  role: z.enum(ROLES).nullable(),
});
const scope = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, "a-z, 0-9 and -, at most 63 characters"),
  /** Ids of people, addresses of groups. */
  who: z.array(z.string().min(1).max(200)).min(1),
  commands: z.array(z.string().regex(/^(\*|[a-z][a-z0-9-]{0,62})$/, "the name of a command, or *")).min(1),
  /** Left out: all agents. */
  agents: z
    .array(z.string().regex(STANDING_WORD, "an id, content-*, @group, owner=value, a label of fleet.yaml, or !id"))
    .min(1)
    .nullable()
    .default(null),
});
const blocked = z.strictObject({
  person: z.string().min(1).max(200),
  reason: z.string().min(1).max(200),
  until: z.iso.datetime({ offset: true, error: "a time like 2027-01-31T00:00:00Z" }).nullable().default(null),
});
const moment = z.iso.datetime({ offset: true, error: "a time like 2027-01-31T08:00:00Z" });
const duty = z
  .strictObject({
    person: z.string().min(1).max(200),
    from: moment,
    until: moment,
    /** Left out: their own. */
    role: z.enum(ROLES).nullable().default(null),
  })
  .refine(({ from, until }) => Date.parse(from) < Date.parse(until), { path: ["until"], error: "a time after from" });
const accessFile = z.strictObject({
  people: z.array(person).min(1),
  /** Rules that narrow what the people they name may change. */
  scopes: z.array(scope).default([]),
  /** People who may do nothing here, whatever their role. */
  blocked: z.array(blocked).default([]),
  /** Who is on call when: named first where it is said who can do something, with another role if one is given. */
  onCall: z.array(duty).max(1000).default([]),
  longestLiftHours: z.number().int().min(1).max(168, "at most 168, a week").default(LONGEST_LIFT_HOURS),
});
type Access = z.infer<typeof accessFile>;

// A change counts from the second look that finds it, and a block or a token taken away must count within 2 s everywhere.
const REFRESH_MS = 250;

export interface AccessFileOptions {
  /** Path of access.yaml. */
  readonly file: string;
  readonly clock: Clock;
  /** Called once for each new problem of a changed file; the last good one stays in force. */
  readonly onProblem: (problem: string) => void;
  readonly refreshMs?: number;
}

export interface AccessDirectory extends Directory {
  /** Who is linked with a Google account. @param google its number */
  byGoogle(google: string): Person | null;
  /** What it says beside who has which role. */
  standingRules(): StandingRules;
  /** Reads the file if it has changed. */
  refresh(): Promise<void>;
  /** Refreshes now and then until `close`. */
  watch(): void;
  /** What is wrong with access.yaml as it stands; null if it is in force. */
  fileProblem(): string | null;
  close(): void;
}

/**
 * Opens the people of access.yaml.
 * @throws Failure "invalid_input" with all problems at once: file, line, what was found, what is allowed
 */
export async function openAccessFile(options: AccessFileOptions): Promise<AccessDirectory> {
  const { file: path, onProblem } = options;
  return new FileDirectory(options, await openWatchedFile({ path, read: readAccessFile, onProblem }));
}

async function readAccessFile(path: string): Promise<Access> {
  const file = await readYamlFile(path, accessFile);
  const { people } = file.value;
  const all = people.flatMap((entry, index) => {
    const at = ["people", index] as const;
    return [
      { kind: "id", value: entry.id, at: [...at, "id"] },
      ...(entry.google === undefined ? [] : [{ kind: "Google account", value: entry.google, at: [...at, "google"] }]),
      ...entry.mails.map((mail, place) => ({ kind: "mail", value: mail.toLowerCase(), at: [...at, "mails", place] })),
      ...entry.slack.map(({ team, user }, place) => ({
        ...{ kind: "Slack user", value: `${team}/${user}`, at: [...at, "slack", place] },
      })),
      ...entry.tokens.flatMap(({ id, sha256 }, place) => [
        { kind: "token id", value: id, at: [...at, "tokens", place, "id"] },
        { kind: "token", value: sha256, at: [...at, "tokens", place, "sha256"] },
      ]),
    ];
  });
  const rules = file.value.scopes.map(({ id }, index) => ({ kind: "scope", value: id, at: ["scopes", index, "id"] }));
  file.refuse(saidTwice(file, [...all, ...rules]));
  return file.value;
}

/** What says who somebody is may belong to one person only. */
function saidTwice(
  file: YamlFile<Access>,
  all: readonly { kind: string; value: string; at: readonly (string | number)[] }[],
): string[] {
  const seen = new Set<string>();
  return all.flatMap(({ kind, value, at }) => {
    const key = `${kind} ${value}`;
    if (seen.has(key)) return [file.problem(at, `found the ${kind} "${value}" again, allowed: once in the file`)];
    seen.add(key);
    return [];
  });
}

class FileDirectory implements AccessDirectory {
  readonly source = "access.yaml";
  readonly #file: WatchedFile<Access>;
  readonly #options: AccessFileOptions;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(options: AccessFileOptions, file: WatchedFile<Access>) {
    this.#options = options;
    this.#file = file;
  }

  byId(id: string): Person | null {
    return this.#find((entry) => entry.id === id);
  }

  bySlack(team: string, user: string): Person | null {
    return this.#find((entry) => entry.slack.some((link) => link.team === team && link.user === user));
  }

  byGoogle(google: string): Person | null {
    return this.#find((entry) => entry.google === google);
  }

  byMail(mail: string): Person | null {
    const wanted = mail.toLowerCase();
    return this.#find((entry) => entry.mails.some((one) => one.toLowerCase() === wanted));
  }

  byToken(text: string): ReturnType<Directory["byToken"]> {
    const hash = createHash("sha256").update(text).digest();
    return this.#findToken(({ sha256 }) => timingSafeEqual(hash, Buffer.from(sha256, "hex")));
  }

  byTokenId(tokenId: string): ReturnType<Directory["byToken"]> {
    return this.#findToken(({ id }) => id === tokenId);
  }

  withRole(role: Role): readonly Person[] {
    return this.#people()
      .map(personOf)
      .filter((entry) => hasRole(entry, role));
  }

  /** The file is at hand, so what it says is never old; a file that cannot be read keeps its last good content in force. */
  trust(): DirectoryTrust {
    return { asOf: this.#options.clock.now(), held: null };
  }

  async confirm(id: string, role: Role): Promise<boolean> {
    await this.refresh();
    return this.withRole(role).some((entry) => entry.id === id);
  }

  standingRules(): StandingRules {
    const { scopes, blocked: kept, onCall, longestLiftHours } = this.#file.current();
    const blocks = kept.map(({ person: id, reason, until }) => ({
      ...{ person: id, reason, by: "access.yaml", since: null },
      until: until === null ? null : Date.parse(until),
    }));
    const times = onCall.map(({ person: id, role, ...time }) => ({
      ...{ person: id, role, from: Date.parse(time.from), until: Date.parse(time.until) },
    }));
    return { scopes, blocks, onCall: times, longestLiftHours };
  }

  async refresh(): Promise<void> {
    await this.#file.check();
  }

  watch(): void {
    if (this.#isClosed || this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.refresh()
        .catch((error: unknown) => this.#options.onProblem(String(error)))
        .finally(() => {
          this.#timer = null;
          this.watch();
        });
    }, this.#options.refreshMs ?? REFRESH_MS);
    this.#timer.unref();
  }

  fileProblem(): string | null {
    return this.#file.problem();
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #people(): Access["people"] {
    return this.#file.current().people;
  }

  #findToken(fits: (token: Access["people"][number]["tokens"][number]) => boolean): ReturnType<Directory["byToken"]> {
    const now = this.#options.clock.now();
    for (const entry of this.#people()) {
      const found = entry.tokens.find((token) => fits(token) && Date.parse(token.expires) > now);
      if (found === undefined) continue;
      const scopes = found.scopes.includes("*") ? TOKEN_SCOPES : found.scopes;
      return { person: personOf(entry), tokenId: found.id, scopes };
    }
    return null;
  }

  #find(fits: (entry: Access["people"][number]) => boolean): Person | null {
    const found = this.#people().find(fits);
    return found === undefined ? null : personOf(found);
  }
}

/** Tokens stay in here. */
const personOf = ({ id, name, mails, slack, role, google }: Access["people"][number]): Person => ({
  ...{ id, name, mails, slack, role },
  ...(google === undefined ? {} : { google }),
  grants: role === null ? [] : [{ role, from: "access.yaml", via: [], knownSince: null }],
});
