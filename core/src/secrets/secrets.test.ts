import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { production, readSettings, rotatingSecret, secretAddress, secretNames, secretText } from "./read-settings.ts";
import { Secret } from "./secret.ts";
import { weaknessOf } from "./weakness.ts";

const folder = mkdtempSync(join(tmpdir(), "rollcall-secrets-"));
afterAll(() => rmSync(folder, { recursive: true }));

const GOOD = "q8Zr2vNw5kXc7TbYfLpD3mHs";
const OTHER = "Jw4tR9eUx6GzKa1QvBn0SyCd";
const schema = z.object({
  ROLLCALL_PRODUCTION: production,
  TOKEN: secretText(16).describe("Token of the test"),
  OLD_AND_NEW: rotatingSecret(16).optional().describe("Secret that is changed"),
  STORE_URL: secretAddress("redis").optional().describe("A store"),
  PLACE: z.string().default("here").describe("A place"),
});
type Given = Record<string, string | undefined>;
const read = (given: Given, commandTimeoutMs?: number) =>
  readSettings(schema, given, commandTimeoutMs === undefined ? {} : { commandTimeoutMs });
const problemsOf = (given: Given, timeoutMs?: number) => {
  const found = read(given, timeoutMs);
  return "problems" in found ? found.problems : [];
};
const tokenOf = (given: Given) => {
  const found = read(given);
  if ("problems" in found) throw new Error(found.problems.join("\n"));
  return found.settings.TOKEN.reveal();
};
function fileOf(text: string, mode = 0o600): string {
  const path = join(folder, `${Math.random()}`);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}
const says = (script: string): string => JSON.stringify([process.execPath, "-e", script]);

describe("a secret", () => {
  test("prints as [secret], however it is printed", () => {
    const secret = new Secret(GOOD);
    const printed = [String(secret), `${secret}`, `a${secret as unknown as string}`, JSON.stringify({ secret })];
    for (const text of [...printed, inspect({ deep: { secret } }), inspect(secret, { showHidden: true })]) {
      expect(text).toContain("[secret]");
      expect(text).not.toContain(GOOD);
    }
    expect(Object.keys(secret)).toEqual([]);
  });

  test("is found by its declaration, also behind optional and a description", () => {
    expect(secretNames(schema)).toEqual(["TOKEN", "OLD_AND_NEW", "STORE_URL"]);
  });
});

describe("where a secret comes from", () => {
  test("from its variable, from a file, or from what a program says, without the white space around it", () => {
    expect(tokenOf({ TOKEN: GOOD })).toBe(GOOD);
    expect(tokenOf({ TOKEN_FILE: fileOf(`${GOOD}\n`) })).toBe(GOOD);
    expect(tokenOf({ TOKEN_COMMAND: says(`console.log("  ${GOOD}  ")`) })).toBe(GOOD);
  });

  test.each([
    ["is set twice", { TOKEN: GOOD, TOKEN_FILE: "/x" }, "TOKEN and TOKEN_FILE are set: one of them is enough"],
    ["has no file", { TOKEN_FILE: `/nowhere/${GOOD}` }, "the file that TOKEN_FILE names cannot be read (ENOENT)"],
    ["has a folder", { TOKEN_FILE: folder }, "the file that TOKEN_FILE names is no file"],
    ["has an empty file", { TOKEN_FILE: fileOf(" \n") }, "the file that TOKEN_FILE names is empty"],
    ["has a huge file", { TOKEN_FILE: fileOf("x".repeat(70_000)) }, "is larger than 64 kB"],
    ["names a program in a shell's words", { TOKEN_COMMAND: `echo ${GOOD}` }, "as JSON"],
    ["names no program", { TOKEN_COMMAND: "[]" }, "as JSON"],
    ["has a program that is not there", { TOKEN_COMMAND: '["/nowhere/vault"]' }, "cannot be run (ENOENT)"],
    [
      "has a program that fails",
      { TOKEN_COMMAND: says(`console.log("${GOOD}"); console.error("${GOOD}"); process.exit(3)`) },
      "ended with code 3; its output is not shown",
    ],
    ["has a program that says nothing", { TOKEN_COMMAND: says("") }, "the program of TOKEN_COMMAND said nothing"],
    ["has a program without end", { TOKEN_COMMAND: says('for(;;) console.log("x".repeat(9999))') }, "more than 64 kB"],
  ])("one that %s is a problem in words that repeat nothing of it", (_, given: Given, words) => {
    const problems = problemsOf(given);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(words);
    expect(problems[0]).not.toContain(GOOD);
  });

  test("a program that hangs is ended", () => {
    const given = { TOKEN_COMMAND: says("setInterval(() => {}, 1000)") };
    expect(problemsOf(given, 300)).toEqual(["the program of TOKEN_COMMAND did not end within 0.3 s"]);
  });

  test("a program sees no other secret, and no shell reads its arguments", () => {
    const given = { STORE_URL: `redis://a:${OTHER}@b`, PLACE: "there" };
    const script = 'console.log([process.env.STORE_URL, process.env.PLACE, process.argv[1], "0123456789"].join(" "))';
    const argv = JSON.stringify([process.execPath, "-e", script, "$(id);`id`"]);
    expect(tokenOf({ ...given, TOKEN_COMMAND: argv })).toBe("there $(id);`id` 0123456789");
  });

  test.each([0o640, 0o604])("a file of mode %o is refused in production and warned of elsewhere", (mode) => {
    const given = { TOKEN_FILE: fileOf(GOOD, mode) };
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    expect(tokenOf(given)).toBe(GOOD);
    expect(warn.mock.calls.flat().join()).toContain(`can be read by others (mode ${mode.toString(8)}): chmod 600 it`);
    warn.mockRestore();
    expect(problemsOf({ ...given, ROLLCALL_PRODUCTION: "true" })).toEqual([
      expect.stringContaining("can be read by others"),
    ]);
  });
});

describe("production", () => {
  const strict = { ROLLCALL_PRODUCTION: "true" };

  test("starts with good secrets", () => {
    const given = { TOKEN: GOOD, OLD_AND_NEW: OTHER, STORE_URL: `redis://a:${GOOD}x@b` };
    expect(problemsOf({ ...given, ...strict })).toEqual([]);
  });

  test("names every bad secret at once, and repeats none", () => {
    const given = {
      TOKEN: "changeme-changeme-changeme",
      OLD_AND_NEW: "aaaaaaaaaaaaaaaaaaaaaaaa",
      STORE_URL: "redis://a:postgres@b",
    };
    expect(problemsOf(given)).toEqual([]);
    const problems = problemsOf({ ...given, ...strict });
    expect(problems).toHaveLength(3);
    expect(problems[0]).toBe("TOKEN is a default or a sample. ROLLCALL_PRODUCTION=true takes no such secret");
    for (const value of ["changeme", "aaaa", "postgres@"]) expect(problems.join()).not.toContain(value);
  });

  test("takes no secret for two things", () => {
    const problems = problemsOf({ TOKEN: GOOD, OLD_AND_NEW: GOOD, ...strict });
    expect(problems).toEqual([expect.stringContaining("OLD_AND_NEW is the same as TOKEN")]);
  });

  test("looks at the one before, too, while it is accepted", () => {
    const until = new Date(Date.now() + 60_000).toISOString();
    const given = { TOKEN: GOOD, OLD_AND_NEW: `${OTHER} hunter2-hunter2-hunter2 until ${until}` };
    expect(problemsOf({ ...given, ...strict })).toEqual([expect.stringContaining("OLD_AND_NEW is a default")]);
  });

  test("wants a password in the address of a store, or a client's certificate", () => {
    expect(problemsOf({ TOKEN: GOOD, STORE_URL: "redis://b", ...strict })).toEqual([
      expect.stringContaining("STORE_URL has no password"),
    ]);
    expect(problemsOf({ TOKEN: GOOD, STORE_URL: "redis://b?sslcert=/c", ...strict })).toEqual([]);
  });

  test("is said in one of two words", () => {
    expect(problemsOf({ TOKEN: GOOD, ROLLCALL_PRODUCTION: "yes" })).toHaveLength(1);
  });
});

describe("weaknessOf", () => {
  test.each([
    "",
    "   ",
    "short",
    "changeme",
    "change_me_change_me_x",
    "your-signing-secret-1",
    "xoxb-your-token-goes-here",
    "password123456789",
    "0123456789abcdef",
    "0123456789abcdef0123456789abcdef",
    "abcdefghijklmnopqrstuvwxyz",
    "aaaaaaaaaaaaaaaaaaaaaaaa",
    "abababababababababab",
    "11112222333344445555",
    "xoxb-1",
  ])("finds %j weak", (value) => {
    expect(weaknessOf(value, 16)).toMatch(/\w/);
  });

  test.each([
    GOOD,
    OTHER,
    "f3a91c07d52be8640a7c19f2e35d8b64",
    "xoxb-4821930475-9183746501-kT7fQ2mZx9LwRbVn",
    "tR7#kp!9 Zw2_mQ5&x",
  ])("finds %j good enough", (value) => {
    expect(weaknessOf(value, 16)).toBeNull();
  });
});
