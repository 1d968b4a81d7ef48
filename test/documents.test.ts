import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadCommands } from "@rollcall/core/load-commands.ts";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const documents = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => path !== "" && existsSync(join(root, path)));

/** Paths in backticks that contain a slash and name a file or folder of this repository. */
function namedPaths(text: string): string[] {
  return [...text.matchAll(/`([A-Za-z0-9_.-]+(?:\/[A-Za-z0-9_.-]+)+\/?)`/g)]
    .map((match) => match[1] as string)
    .filter((path) => !path.startsWith("..") && !/^(v\d|application|text|api)\//.test(path));
}

/** Targets of Markdown links and pictures that are not on the web. */
const linkedPaths = (text: string): string[] =>
  [...text.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)]
    .map((match) => match[1] as string)
    .filter((path) => !/^[a-z]+:/.test(path));

/** `/fleet bus subs`, `npm run rollcall -- bus subs`: the first two words. */
const TYPED = /(?:\/fleet|npm run rollcall --) ([a-z][a-z-]*)(?: ([a-z-]+))?/g;

describe("documents", () => {
  test.each(documents)("%s names only paths that exist", (document) => {
    const text = readFileSync(join(root, document), "utf8");
    const missing = [...namedPaths(text), ...linkedPaths(text)].filter(
      (path) => !existsSync(join(root, path)) && !existsSync(join(root, dirname(document), path)),
    );
    expect(missing).toEqual([]);
  });

  test.each(documents)("%s holds no mark of an unsettled merge", (document) => {
    expect(readFileSync(join(root, document), "utf8")).not.toMatch(/^(<{7}|>{7}) /m);
  });

  test("docs/README.md has a line for every document beside it", () => {
    const index = readFileSync(join(root, "docs/README.md"), "utf8");
    const pages = documents.filter((path) => path.startsWith("docs/") && path !== "docs/README.md");
    expect(pages.filter((path) => !index.includes(`](${path.slice("docs/".length)})`))).toEqual([]);
  });

  test("every command that a document tells to type exists", async () => {
    const commands = await loadCommands();
    const known = commands.flatMap(({ name, aliases }) => [name, ...aliases]);
    const typed = documents.flatMap((path) =>
      [...readFileSync(join(root, path), "utf8").matchAll(TYPED)].map(([, word = "", next = ""]) => [word, next]),
    );
    expect(typed.length).toBeGreaterThan(10);
    // A name of two words may be typed with a space.
    const isKnown = ([word, next]: string[]) => known.includes(`${word}`) || known.includes(`${word}-${next}`);
    expect(typed.filter((words) => !isKnown(words)).map((words) => words.join(" "))).toEqual([]);
  });

  test("every npm script that a document names exists", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    const named = documents.flatMap((path) =>
      [...readFileSync(join(root, path), "utf8").matchAll(/npm run ([a-z:-]*[a-z])/g)].map(
        (match) => match[1] as string,
      ),
    );
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});
