import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { followSecrets } from "./follow-secrets.ts";
import { production, readSettings, rotatingSecret } from "./read-settings.ts";

const folder = mkdtempSync(join(tmpdir(), "rollcall-follow-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "token");
const put = (text: string, mode = 0o600): void => {
  writeFileSync(file, text);
  chmodSync(file, mode);
};

const OLD = "q8Zr2vNw5kXc7TbYfLpD3mHs";
const NEW = "Jw4tR9eUx6GzKa1QvBn0SyCd";
const LATER = "Xt5bM1cVh8PoWi2EjLu6FaGk";
const inAnHour = (): string => new Date(Date.now() + 3_600_000).toISOString();
const schema = z.object({ ROLLCALL_PRODUCTION: production, TOKEN: rotatingSecret(16) });
type Change = { setting: string; previousUntil: number | null };

function follow(environment: Record<string, string>) {
  const read = readSettings(schema, environment);
  if ("problems" in read) throw new Error(read.problems.join());
  const { settings } = read;
  const changes: Change[] = [];
  const problems: string[] = [];
  const followed = followSecrets({
    schema,
    settings,
    environment,
    onChange: (change) => void changes.push(change),
    onProblem: (problem) => void problems.push(problem),
  });
  const accepts = () => [OLD, NEW, LATER].filter((one) => settings.TOKEN.matches(one));
  return { followed, changes, problems, accepts };
}

describe("a secret in a file", () => {
  beforeEach(() => put(`${OLD}\n`));

  test("is taken over when the file has changed and stays as it is", async () => {
    const { followed, changes, accepts } = follow({ TOKEN_FILE: file });
    await followed.check();
    await followed.check();
    expect([accepts(), changes]).toEqual([[OLD], []]);
    put(`${NEW}\n${OLD} until ${inAnHour()}\n`);
    await followed.check();
    expect(accepts()).toEqual([OLD]);
    await followed.check();
    expect(accepts()).toEqual([OLD, NEW]);
    expect(changes).toEqual([{ setting: "TOKEN", previousUntil: expect.any(Number) }]);
    put(NEW);
    await followed.check();
    await followed.check();
    expect(accepts()).toEqual([NEW]);
  });

  test("that changed between the start and the first look is taken over, too", async () => {
    const { followed, accepts } = follow({ TOKEN_FILE: file });
    put(NEW);
    await followed.check();
    await followed.check();
    expect(accepts()).toEqual([NEW]);
  });

  test.each([
    ["is gone", () => rmSync(file), "cannot be read (ENOENT)"],
    ["is empty", () => put(""), "is empty"],
    ["holds a secret that is too short", () => put("short"), "characters"],
    ["holds a sample", () => put("changeme-changeme-1"), "is a default or a sample"],
    ["holds two without an end", () => put(`${NEW} ${OLD}`), "NEW OLD until"],
    ["can be read by others", () => put(NEW, 0o644), "can be read by others"],
  ])("that %s leaves the one in force, and is told once", async (_, spoil, words) => {
    const { followed, changes, problems, accepts } = follow({ TOKEN_FILE: file, ROLLCALL_PRODUCTION: "true" });
    spoil();
    for (let times = 0; times < 4; times += 1) await followed.check();
    await followed.reload();
    expect(accepts()).toEqual([OLD]);
    expect(changes).toEqual([]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("TOKEN stays as it was");
    expect(problems[0]).toContain(words);
    for (const value of [NEW, OLD, "changeme"]) expect(problems[0]).not.toContain(value);
    put(LATER);
    await followed.reload();
    expect(accepts()).toEqual([LATER]);
  });
});

describe("a secret from a program", () => {
  const vault = join(folder, "vault.mjs");
  const environment = { TOKEN_COMMAND: JSON.stringify([process.execPath, vault]) };
  const says = (text: string): void => writeFileSync(vault, `console.log(${JSON.stringify(text)})`);

  test("is asked for again when it is told to, and only then", async () => {
    says(OLD);
    const { followed, accepts } = follow(environment);
    says(`${NEW} ${OLD} until ${inAnHour()}`);
    await followed.check();
    await followed.check();
    expect(accepts()).toEqual([OLD]);
    await followed.reload();
    expect(accepts()).toEqual([OLD, NEW]);
  });

  test("that fails leaves the one in force", async () => {
    says(OLD);
    const { followed, problems, accepts } = follow(environment);
    writeFileSync(vault, `console.log("${NEW}"); process.exit(3)`);
    await followed.reload();
    expect(accepts()).toEqual([OLD]);
    expect(problems).toEqual([
      "TOKEN stays as it was: the program of TOKEN_COMMAND ended with code 3; its output is not shown",
    ]);
  });
});

test("a secret from a variable stays until the next start", async () => {
  const { followed, accepts } = follow({ TOKEN: OLD });
  await followed.check();
  await followed.reload();
  expect(accepts()).toEqual([OLD]);
});
