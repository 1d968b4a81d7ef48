import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

/** What opens a connection, and what must stand in the same call or the same file for it to end and not to kill. */
const CLIENTS = [
  // Of a server and of the nodes of a cluster: both are given the same settings, which stand beside the call.
  { opens: "new Redis(", call: [], file: ["commandTimeout", "connectTimeout", "socketTimeout", '.on("error"'] },
  { opens: "new pg.Pool(", call: [], file: ["connectionTimeoutMillis", 'pool.on("error"', 'client.on("error"'] },
  { opens: "new pg.Client(", call: ["connectionTimeoutMillis"], file: ['.on("error"'] },
  { opens: " fetch(", call: ["signal"], file: [] },
  { opens: " request(", call: ["signal"], file: ['.on("error"'] },
  { opens: "new WebClient(", call: ["timeout"], file: [] },
] as const;

const sources = execFileSync("git", ["ls-files", "core/src", "agent/src", "bot/src", "exporter/src"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => path.endsWith(".ts") && !/(\.test|-fixture)\.ts$/.test(path));

/** The call from its opening parenthesis to the one that closes it. */
function callAt(text: string, from: number): string {
  let depth = 0;
  for (let at = text.indexOf("(", from); at < text.length; at += 1) {
    if (text[at] === "(") depth += 1;
    if (text[at] === ")") depth -= 1;
    if (depth === 0) return text.slice(from, at);
  }
  return text.slice(from);
}

const calls = sources.flatMap((path) => {
  const text = readFileSync(join(root, path), "utf8");
  return CLIENTS.flatMap(({ opens, call, file }) =>
    [...text.matchAll(new RegExp(opens.replace("(", "\\("), "g"))].map(({ index }) => ({
      path,
      opens: opens.trim(),
      missing: [
        ...call.filter((word) => !callAt(text, index).includes(word)),
        ...file.filter((word) => !text.includes(word)),
      ],
    })),
  );
});

describe("whatever opens a connection", () => {
  test.each(calls)("$path: $opens has its timeouts and its listener for errors", ({ missing }) => {
    expect(missing).toEqual([]);
  });

  test("is found: Redis, PostgreSQL, HTTP and Slack", () => {
    const found = new Set(calls.map(({ opens }) => opens));
    for (const opens of ["new Redis(", "new pg.Pool(", "fetch(", "request(", "new WebClient("])
      expect(found).toContain(opens);
  });
});
