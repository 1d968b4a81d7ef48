import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** What the agents' own ledgers say took effect, id by id; they are written before the effect, and synced. */
export interface Effects {
  /** Lines `applied` and `started` of one agent by command id. */
  readonly times: ReadonlyMap<string, number>;
}

export async function readEffects(agentDirs: readonly string[]): Promise<Effects> {
  const times = new Map<string, number>();
  for (const folder of agentDirs) {
    for (const line of (await readFile(join(folder, "applied.jsonl"), "utf8").catch(() => "")).split("\n")) {
      const id = effectOf(line);
      if (id !== null) times.set(id, (times.get(id) ?? 0) + 1);
    }
  }
  return { times };
}

/** @returns null for an outcome, which is no effect, and for a line that a crash has torn */
function effectOf(line: string): string | null {
  try {
    const { kind, id } = JSON.parse(line) as { kind?: string; id?: string };
    return (kind === "applied" || kind === "started") && typeof id === "string" ? id : null;
  } catch {
    return null;
  }
}

/** Ids that took effect more than once. */
export const duplicates = ({ times }: Effects): string[] =>
  [...times].filter(([, count]) => count > 1).map(([id, count]) => `${id} ${count} times`);

/** Ids of an operation that took effect: `op-7:billing:stop`. */
export const effectsOf = ({ times }: Effects, operation: string): string[] =>
  [...times.keys()].filter((id) => id.startsWith(`${operation}:`));
