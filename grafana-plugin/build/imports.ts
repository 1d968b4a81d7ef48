import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync, type StaticImport } from "oxc-parser";
import { ROOM } from "./build.ts";
import { sourceFiles } from "./texts.ts";

/** What the sources take from a module that Grafana shares: `["Button", "useStyles2"]`. @throws Error if they take the whole of it */
export function importedFrom(module: string): string[] {
  const names = sourceFiles().flatMap((file) =>
    parseSync(file, readFileSync(join(ROOM, file), "utf8"))
      .module.staticImports.filter(({ moduleRequest }) => moduleRequest.value === module)
      .flatMap((taken) => namesOf(taken, file)),
  );
  return [...new Set(names)].toSorted();
}

const namesOf = ({ entries, moduleRequest }: StaticImport, file: string): string[] =>
  entries
    .filter(({ isType }) => !isType)
    .map(({ importName }) => {
      if (importName.name === null)
        throw new Error(`${file} takes the whole of ${moduleRequest.value}: name the parts`);
      return importName.name;
    });
