import { open, readFile, rename } from "node:fs/promises";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { z } from "zod";
import type { KeptCounter } from "./pack-counter.ts";
import type { KeptTopic } from "./pack-topic.ts";

const count = z.number().min(0);

const state = z.object({
  v: z.literal(1),
  fleet: z.string(),
  topics: z.array(
    z.object({
      topic: z.string(),
      position: z
        .string()
        .regex(/^\d+-\d+$/)
        .nullable(),
      ordinal: count,
      counted: count,
      malformed: count,
      missed: count,
    }),
  ),
  counters: z.array(
    z.object({
      name: z.string(),
      shape: z.string(),
      rows: z.array(z.tuple([z.array(z.string()), count])),
      bounded: count,
      unusable: count,
    }),
  ),
});

/** What packs have counted, and how far: both at one moment, or nothing could be counted on from there. */
export interface PackState {
  readonly topics: readonly KeptTopic[];
  readonly counters: readonly KeptCounter[];
}

/** Where that is kept over a restart. */
export interface PackStateFile {
  /** @returns null if there is none yet @throws Failure "invalid_input" if it is damaged or another fleet's */
  read(): Promise<PackState | null>;
  /** When it has returned, the state is there also after a loss of power. @throws Error if it cannot be written */
  write(state: PackState): Promise<void>;
}

/** Keeps nothing: with every start counting begins anew. */
export const NOT_KEPT: PackStateFile = { read: async () => null, write: async () => undefined };

export function packStateFile(path: string, fleet: string): PackStateFile {
  let written = "";
  return {
    async read() {
      const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return null;
        throw new Failure("invalid_input", `${path}: it cannot be read (${error.code})`, { cause: error });
      });
      if (text === null) return null;
      const found = state.safeParse(parseJson(text));
      if (!found.success || found.data.fleet !== fleet) {
        throw new Failure("invalid_input", `${path} does not hold what packs of the fleet ${fleet} have counted`, {
          next: "move it away: counting then begins anew, with the newest events",
        });
      }
      return found.data;
    },
    async write({ topics, counters }) {
      const text = JSON.stringify({ v: 1, fleet, topics, counters });
      if (text === written) return;
      const file = await open(`${path}.new`, "w", 0o600);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(`${path}.new`, path);
      written = text;
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
