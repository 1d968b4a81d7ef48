import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { CommandDefinition } from "./command.ts";

const FOLDER = join(import.meta.dirname, "commands");

/**
 * Loads every command of the folder `commands`: a new file is a new command, in all doors.
 * @returns by name
 * @throws Error if a file is no command, or two claim one name: a mistake in the program
 */
export async function loadCommands(folder: string = FOLDER): Promise<readonly CommandDefinition[]> {
  const names = (await readdir(folder)).filter((file) => /^[^.]+\.[jt]s$/.test(file));
  // By name and not by file: `bus` comes before `bus-lag`.
  const files = names.toSorted((a, b) => bare(a).localeCompare(bare(b)));
  const commands = await Promise.all(
    files.map(async (file) => {
      const loaded = (await import(pathToFileURL(join(folder, file)).href)) as { default?: CommandDefinition };
      if (loaded.default?.name !== bare(file)) {
        throw new Error(`${file} does not export a command of its own name as default`);
      }
      return loaded.default;
    }),
  );
  const words = commands.flatMap(({ name, aliases }) => [name, ...aliases]);
  const twice = words.find((word, index) => words.indexOf(word) !== index);
  if (twice !== undefined) throw new Error(`two commands are called "${twice}"`);
  return commands;
}

const bare = (file: string): string => file.replace(/\.[jt]s$/, "");
