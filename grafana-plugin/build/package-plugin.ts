import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { zipSync } from "fflate";
import { DIST, ensureBuilt, ROOM } from "./build.ts";

/** Same bytes for the same sources: a zip remembers when its files were made. */
const MADE_AT = new Date("2026-01-01T00:00:00Z");

/**
 * Packs the built plugin as the catalogue wants it: one folder that bears the plugin's id.
 * @returns path of the zip: `…/grafana-plugin/rollcall-fleet-app-0.1.0.zip`
 */
export async function packagePlugin(): Promise<string> {
  await ensureBuilt();
  const { id, info } = JSON.parse(readFileSync(join(DIST, "plugin.json"), "utf8")) as {
    id: string;
    info: { version: string };
  };
  const files = globSync("**/*", { cwd: DIST, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  const entries = Object.fromEntries(files.map((file) => [`${id}/${relative(DIST, file)}`, readFileSync(file)]));
  const path = join(ROOM, `${id}-${info.version}.zip`);
  writeFileSync(path, zipSync(entries, { mtime: MADE_AT, level: 9 }));
  return path;
}
