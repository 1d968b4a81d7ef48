import { createHash } from "node:crypto";
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { openAccessFile } from "./access-file.ts";

const TOKEN = `rc_${"a".repeat(43)}`;
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const NOW = Date.parse("2026-11-21T00:00:00Z");

const PEOPLE = `people:
  - id: operator
    name: Operator on call
    mails: [operator@example.test]
    slack: [{ team: T0LOCAL, user: U0OPERATOR }]
    tokens:
      - { id: laptop, sha256: ${sha256(TOKEN)}, expires: "2027-01-01T00:00:00Z", scopes: [read] }
      - { id: old, sha256: ${sha256("rc_old")}, expires: "2026-11-20T00:00:00Z", scopes: ["*"] }
      - { id: script, sha256: ${sha256("rc_script")}, expires: "2027-01-01T00:00:00Z", scopes: ["*"] }
    role: operator
  - { id: second, name: Second admin, role: admin }
  - { id: guest, name: Guest, role: null }
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "access-file-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function open(text: string) {
  const file = join(folder, "access.yaml");
  await writeFile(file, text);
  const problems: string[] = [];
  const onProblem = (problem: string): void => {
    problems.push(problem);
  };
  const directory = await openAccessFile({ file, clock: { now: () => NOW }, onProblem, refreshMs: 5 });
  return { file, directory, problems };
}

/** At once, so that nobody sees a half-written file however often they look. */
async function replace(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

describe("openAccessFile", () => {
  test("finds people by id and by Slack user, without their tokens", async () => {
    const { directory } = await open(PEOPLE);
    const operator = {
      id: "operator",
      name: "Operator on call",
      mails: ["operator@example.test"],
      slack: [{ team: "T0LOCAL", user: "U0OPERATOR" }],
      role: "operator",
      grants: [{ role: "operator", from: "access.yaml", via: [], knownSince: null }],
    };
    expect(directory.byId("operator")).toEqual(operator);
    expect(directory.byMail("Operator@Example.test")).toEqual(operator);
    expect(directory.byMail("operator@example.test.evil")).toBeNull();
    expect(directory.bySlack("T0LOCAL", "U0OPERATOR")).toEqual(operator);
    expect(directory.source).toBe("access.yaml");
  });

  test.each([
    ["another workspace", "T0OTHER", "U0OPERATOR"],
    ["another user", "T0LOCAL", "U0OTHER"],
    ["nobody", "", ""],
  ])("%s is nobody", async (_, team, user) => {
    const { directory } = await open(PEOPLE);
    expect(directory.bySlack(team, user)).toBeNull();
  });

  test("a token names its person and what it may be used for", async () => {
    const { directory } = await open(PEOPLE);
    expect(directory.byToken(TOKEN)).toMatchObject({ person: { id: "operator" }, tokenId: "laptop", scopes: ["read"] });
    expect(directory.byToken("rc_script")?.scopes).toEqual(["read", "act"]);
  });

  test.each([
    ["an expired token", "rc_old"],
    ["an unknown token", "rc_unknown"],
    ["a token's hash", sha256(TOKEN)],
    ["nothing", ""],
  ])("%s is refused", async (_, text) => {
    const { directory } = await open(PEOPLE);
    expect(directory.byToken(text)).toBeNull();
  });

  test("a role includes the ones before it, and no role includes nothing", async () => {
    const { directory } = await open(PEOPLE);
    expect(directory.withRole("viewer").map(({ id }) => id)).toEqual(["operator", "second"]);
    expect(directory.withRole("admin").map(({ id }) => id)).toEqual(["second"]);
  });

  test.each([
    [
      "an unknown role",
      PEOPLE.replace("role: admin", "role: boss"),
      'access.yaml:11: people[1].role: found "boss", allowed: viewer, operator, admin',
    ],
    [
      "an unknown field",
      PEOPLE.replace("role: admin", "role: admin, rights: all"),
      "people[1].rights: found an unknown field, allowed: id, name",
    ],
    ["a token in clear text", PEOPLE.replace(sha256(TOKEN), TOKEN), "allowed: 64 characters 0-9 a-f"],
    [
      "a token that never ends",
      PEOPLE.replace('expires: "2027-01-01T00:00:00Z", ', ""),
      "access.yaml:7: people[0].tokens[0].expires: missing",
    ],
    [
      "a date without a time",
      PEOPLE.replace("2027-01-01T00:00:00Z", "2027-01-01"),
      "allowed: a time like 2027-01-31T00:00:00Z",
    ],
    [
      "an unknown scope",
      PEOPLE.replace("scopes: [read]", "scopes: [approve]"),
      'found "approve", allowed: read, act, *',
    ],
    [
      "two people with one id",
      PEOPLE.replace("id: second", "id: operator"),
      'access.yaml:11: people[1].id: found the id "operator" again',
    ],
    [
      "two people with one Slack user",
      PEOPLE.replace("role: admin", "role: admin, slack: [{ team: T0LOCAL, user: U0OPERATOR }]"),
      'found the Slack user "T0LOCAL/U0OPERATOR" again',
    ],
    [
      "two people with one mail",
      PEOPLE.replace("role: admin", "role: admin, mails: [Operator@Example.test]"),
      'found the mail "operator@example.test" again',
    ],
    ["a token of two people", PEOPLE.replace(sha256("rc_script"), sha256(TOKEN)), "found the token"],
  ])("refuses %s", async (_, text, expected) => {
    await expect(open(text)).rejects.toThrow(expected);
  });

  test("a changed file is taken over, and a bad one leaves the rights as they are", async () => {
    const { directory, file, problems } = await open(PEOPLE);
    directory.watch();
    await replace(file, PEOPLE.replace("role: admin", "role: viewer"));
    await vi.waitFor(() => expect(directory.byId("second")?.role).toBe("viewer"), { timeout: 10_000 });
    await replace(file, "people: []\n");
    await vi.waitFor(() => expect(directory.fileProblem()).toContain("people: found []"), { timeout: 10_000 });
    expect(directory.byId("second")?.role).toBe("viewer");
    expect(problems).toHaveLength(1);
    directory.close();
    directory.watch();
  });
});

describe("rules beside the roles", () => {
  const RULES = `scopes:
  - { id: payments-only, who: [operator], commands: [restart], agents: [owner=payments] }
blocked:
  - { person: guest, reason: left }
onCall:
  - { person: operator, from: "2026-11-20T20:00:00Z", until: "2026-11-21T08:00:00Z", role: admin }
longestLiftHours: 8
`;

  test("are read with them, times as moments", async () => {
    const { directory } = await open(PEOPLE + RULES);
    expect(directory.standingRules()).toEqual({
      scopes: [{ id: "payments-only", who: ["operator"], commands: ["restart"], agents: ["owner=payments"] }],
      blocks: [{ person: "guest", reason: "left", by: "access.yaml", since: null, until: null }],
      onCall: [{ person: "operator", role: "admin", from: NOW - 4 * 3_600_000, until: NOW + 8 * 3_600_000 }],
      longestLiftHours: 8,
    });
  });

  test.each([
    ["a time that ends before it begins", ["2026-11-21T08:00:00Z", "2026-11-19T08:00:00Z"], "a time after from"],
    ["a time without its zone", ["2026-11-21T08:00:00Z", "2026-11-21 08:00"], "a time like"],
    ["a role that is none", ["role: admin", "role: owner"], "viewer"],
    ["a lift for longer than a week", ["longestLiftHours: 8", "longestLiftHours: 169"], "at most 168"],
  ])("%s is refused", async (_, [right = "", wrong = ""], words) => {
    await expect(open(PEOPLE + RULES.replace(right, wrong))).rejects.toThrow(words);
  });
});

test("the example of docs/access.md is a file that is taken as it stands", async () => {
  const guide = await readFile(join(import.meta.dirname, "../../../docs/access.md"), "utf8");
  const [, example = ""] = /```yaml\n([\s\S]*?)```/.exec(guide) ?? [];
  const { directory } = await open(example);
  expect(directory.withRole("viewer").map(({ id }) => id)).toEqual(["olga", "vera", "adam", "anna"]);
  const { scopes, blocks, onCall, longestLiftHours } = directory.standingRules();
  expect([scopes.length, blocks.length, onCall?.length, longestLiftHours]).toEqual([1, 1, 1, 8]);
});
