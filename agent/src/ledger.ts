import { type FileHandle, mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";

const KEEP_MS = 24 * 60 * 60 * 1000;

const line = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("applied"), id: z.string(), what: z.string(), epoch: z.number(), at: z.number() }),
  z.object({
    kind: z.literal("outcome"),
    id: z.string(),
    outcome: z.string(),
    detail: z.string().nullable(),
    at: z.number(),
  }),
  z.object({ kind: z.literal("started"), id: z.string(), epoch: z.number(), at: z.number() }),
]);
export type LedgerLine = z.infer<typeof line>;

/** What is known of an id: applied, and how it ended if that was written too. */
export interface Applied {
  readonly what: string;
  readonly at: number;
  readonly outcome: string | null;
  readonly detail: string | null;
}

/** The ids of control messages that took effect here. */
export interface Ledger {
  find(id: string): Applied | null;
  /** Resolves when the line is on the disk. */
  write(entry: LedgerLine): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the append-only file, keeps what is younger than 24 h, and leaves out what cannot be read: a crash may tear the
 * last line.
 */
export async function openLedger(path: string, now: () => number = Date.now): Promise<Ledger> {
  await mkdir(dirname(path), { recursive: true });
  const kept = (await readLines(path)).filter(({ at }) => at > now() - KEEP_MS);
  const applied = new Map<string, Applied>();
  for (const entry of kept) remember(applied, entry);
  const file = await openCompacted(path, kept);
  let last: Promise<unknown> = Promise.resolve();
  return {
    find: (id) => applied.get(id) ?? null,
    write(entry) {
      const written = last.then(() => append(file, `${JSON.stringify(entry)}\n`));
      last = written.catch(() => undefined);
      return written.then(() => remember(applied, entry));
    },
    async close() {
      await last;
      await file.close();
    },
  };
}

async function readLines(path: string): Promise<LedgerLine[]> {
  const content = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  return content.split("\n").flatMap((text) => {
    try {
      return [line.parse(JSON.parse(text))];
    } catch {
      return [];
    }
  });
}

function remember(applied: Map<string, Applied>, entry: LedgerLine): void {
  if (entry.kind === "started") return;
  const known = applied.get(entry.id);
  if (entry.kind === "applied") {
    applied.set(entry.id, known ?? { what: entry.what, at: entry.at, outcome: null, detail: null });
  } else if (known) applied.set(entry.id, { ...known, outcome: entry.outcome, detail: entry.detail });
}

async function append(file: FileHandle, text: string): Promise<void> {
  await file.appendFile(text);
  await file.datasync();
}

async function openCompacted(path: string, kept: readonly LedgerLine[]): Promise<FileHandle> {
  const next = `${path}.${process.pid}.next`;
  const file = await open(next, "w", 0o600);
  await file.writeFile(kept.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
  await file.sync();
  await file.close();
  await rename(next, path);
  const directory = await open(dirname(path), "r");
  await directory.sync();
  await directory.close();
  return open(path, "a", 0o600);
}
