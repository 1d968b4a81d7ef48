import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { StartFailure } from "./addresses.ts";

/**
 * Fills in `${NAME}` in a YAML template; each stands inside double quotes there.
 * @throws StartFailure if the template asks for a name that is not known
 */
export function renderTemplate(file: string, values: Readonly<Record<string, string>>): string {
  return readFileSync(file, "utf8").replaceAll(/\$\{([A-Z_]+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined)
      throw new StartFailure(`${file} asks for \${${name}}, which the local stack does not know.`);
    return JSON.stringify(value).slice(1, -1);
  });
}

/** Fills in one template into `folder`, under its own name. @returns the file written */
export function renderInto(folder: string, file: string, values: Readonly<Record<string, string>>): string {
  const target = join(folder, basename(file));
  writeFileSync(target, renderTemplate(file, values), { mode: 0o600 });
  return target;
}

/** Fills in every rule file of a folder; rules that exist no more are not left behind. @returns the files written */
export function renderRules(from: string, into: string, values: Readonly<Record<string, string>>): string[] {
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  return readdirSync(from)
    .filter((name) => name.endsWith(".rules.yml"))
    .map((name) => renderInto(into, join(from, name), values));
}
