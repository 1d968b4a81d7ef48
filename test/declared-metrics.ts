import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { familyFiles, nameForFile } from "../exporter/src/registry.ts";

const CONTROL = join(import.meta.dirname, "../bot/src/metrics");

const PACKS = join(import.meta.dirname, "../exporter/packs");

/** Names of all metrics that the exporter, the packs that come with it and the control service declare, without the suffixes of histograms. */
export function declaredMetrics(): ReadonlySet<string> {
  const sources = readdirSync(CONTROL).map((file) => readFileSync(join(CONTROL, file), "utf8"));
  const ofControl = [...sources.join("\n").matchAll(/"(rollcall_[a-z_]+)"/g)].map(([, name]) => name as string);
  const ofPacks = readdirSync(PACKS).flatMap((file) => {
    const text = readFileSync(join(PACKS, file), "utf8");
    const pack = /^pack: (\w+)$/m.exec(text)?.[1];
    return [...text.matchAll(/^ {2}- name: (\w+)$/gm)].map(([, name]) => `rollcall_pack_${pack}_${name}`);
  });
  return new Set([...familyFiles().map(nameForFile), ...ofPacks, ...ofControl]);
}
