import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseCommandWords } from "./command-words.ts";
import { loadCommands } from "./load-commands.ts";

const commands = await loadCommands();

describe("every command", () => {
  test("that people rely on is there, in the order of the alphabet", () => {
    const names = commands.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        "ack",
        "approve",
        "bus",
        "diag",
        "help",
        "requests",
        "restart",
        "roll-call",
        "runs",
        "status",
        "whoami",
      ]),
    );
    expect(names).toEqual(names.toSorted());
  });

  test.each(commands.map((command) => [command.name, command] as const))(
    "%s is declared as a door needs it",
    (name, command) => {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(command.summary).toMatch(/^[A-Z].*[^.]$/);
      expect(command.examples.length).toBeGreaterThan(0);
      expect(Object.keys(command.input.shape)).toEqual(expect.arrayContaining([...command.words]));
      // Who has no role here may look up who they are, and never change anything.
      if (command.role === null) expect([command.kind, command.danger]).toEqual(["read", 0]);
      if (command.kind === "act") expect(command.stages.length).toBeGreaterThan(0);
    },
  );

  test.each(commands.flatMap(({ name, examples }) => examples.map((example) => [example, name] as const)))(
    "`%s` is read as %s",
    (example, name) => {
      expect(parseCommandWords(example, commands).command.name).toBe(name);
    },
  );
});

describe("loadCommands", () => {
  async function load(files: Readonly<Record<string, string>>) {
    const folder = await mkdtemp(join(tmpdir(), "commands-"));
    try {
      for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
      return await loadCommands(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  const named = (name: string, aliases: readonly string[] = []): string =>
    `export default ${JSON.stringify({ name, aliases })}`;

  test("reads commands, and neither tests nor notes", async () => {
    const found = await load({ "bus-trace.js": named("bus-trace"), "bus-trace.test.js": "nothing", "notes.md": "" });
    expect(found.map(({ name }) => name)).toEqual(["bus-trace"]);
  });

  test.each([
    ["a file with another command's name", { "a.js": named("b") }, "a.js does not export"],
    ["a file without a command", { "a.js": "export const a = 1" }, "a.js does not export"],
    ["an alias that is a name", { "a.js": named("a"), "b.js": named("b", ["a"]) }, 'two commands are called "a"'],
  ])("refuses %s", async (_, files, problem) => {
    await expect(load(files)).rejects.toThrow(problem);
  });
});
