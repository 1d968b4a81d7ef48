import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { familyFiles, nameForFile } from "../exporter/src/registry.ts";

const CONTROL = join(import.meta.dirname, "../bot/src/metrics");

/** Names of all metrics that the exporter and the control service declare, without the suffixes of histograms. */
export function declaredMetrics(): ReadonlySet<string> {
  const sources = readdirSync(CONTROL).map((file) => readFileSync(join(CONTROL, file), "utf8"));
  const ofControl = [...sources.join("\n").matchAll(/"(rollcall_[a-z_]+)"/g)].map(([, name]) => name as string);
  return new Set([...familyFiles().map(nameForFile), ...ofControl]);
}
