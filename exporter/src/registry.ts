import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Family } from "./family.ts";

const FOLDER = join(import.meta.dirname, "metrics");

/** Name that the family in a file must have: `agent-rung.ts` holds `rollcall_agent_rung`. */
export const nameForFile = (file: string): string => `rollcall_${file.replace(/\.ts$/, "").replaceAll("-", "_")}`;

/** Files of the folder that is the list of all families. */
export const familyFiles = (): string[] =>
  readdirSync(FOLDER).filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));

/** All families. @throws Error if a file exports none, or one with another name */
export async function loadFamilies(): Promise<Family[]> {
  const load = async (file: string): Promise<Family> => {
    const { default: family } = (await import(join(FOLDER, file))) as { default?: Family };
    if (family?.name !== nameForFile(file)) throw new Error(`${file} must export the family ${nameForFile(file)}`);
    return family;
  };
  return Promise.all(familyFiles().map(load));
}
