import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Diagnostic } from "./diagnostic.ts";

const FOLDER = join(import.meta.dirname, "diagnostics");

/**
 * Loads every check of the folder `diagnostics`: a new file is a new check, in all suites that it names.
 * @returns by name
 * @throws Error if a file is no check of its own name: a mistake in the program
 */
export async function loadDiagnostics(folder: string = FOLDER): Promise<readonly Diagnostic[]> {
  const files = (await readdir(folder)).filter((file) => /^[^.]+\.[jt]s$/.test(file)).toSorted();
  return Promise.all(
    files.map(async (file) => {
      const loaded = (await import(pathToFileURL(join(folder, file)).href)) as { default?: Diagnostic };
      if (loaded.default?.name !== file.replace(/\.[jt]s$/, "")) {
        throw new Error(`${file} does not export a check of its own name as default`);
      }
      return loaded.default;
    }),
  );
}
