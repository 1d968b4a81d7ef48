import { createHmac } from "node:crypto";
import { mkdir, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const SPOOL = "break-glass.jsonl";
const NOTHING_BEFORE = "0".repeat(64);

const body = z.strictObject({
  v: z.literal(1),
  use: z.string().regex(/^[0-9a-f-]{36}$/),
  step: z.enum(["began", "stage", "ended"]),
  at: z.number(),
  actor: z.string().min(1).max(200),
  command: z.string().min(1).max(63),
  agent: z.string().min(1).max(63),
  reason: z.string().min(1).max(200),
  /** The progress so far, as of an operation; the ending too, once it is known. */
  target: z.unknown(),
  desired: z.enum(["running", "stopped"]).nullable(),
});
const line = z.strictObject({ body, prev: z.string(), hash: z.string() });
/** One step of a use, as it stands in the spool. */
export type SpoolStep = z.infer<typeof body>;

/** A spool that was read: the steps up to the first that does not fit. */
export interface SpoolRead {
  readonly steps: readonly (SpoolStep & { readonly line: number; readonly hash: string })[];
  readonly broken: { readonly line: number; readonly why: string } | null;
}

/** The spool of one machine, a file that is only added to. */
export interface Spool {
  /** Adds a step; it is on the disk when this returns. @throws Error if the spool is damaged or cannot be written */
  add(step: SpoolStep): Promise<void>;
  read(): Promise<SpoolRead>;
}

/**
 * The spool in a folder. Each line carries an HMAC over itself and the line before, with the fleet's secret: a line that was
 * changed, taken out or put in by somebody without it does not fit.
 */
export function openSpool(directory: string, fleetKey: string): Spool {
  const file = join(directory, SPOOL);
  const hashOf = (prev: string, step: unknown): string =>
    createHmac("sha256", fleetKey)
      .update(`break-glass\n${prev}\n${JSON.stringify(step)}`)
      .digest("hex");
  const read = async (): Promise<SpoolRead> => {
    const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "";
      throw error;
    });
    return readLines(text, hashOf);
  };
  return {
    read,
    async add(given) {
      // In the order of fields in which it will be read again: the hash is over the text.
      const step = body.parse(given);
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const { steps, broken } = await read();
      if (broken !== null) throw new Error(`${file} is damaged at line ${broken.line}: ${broken.why}`);
      const prev = steps.at(-1)?.hash ?? NOTHING_BEFORE;
      await append(file, `${JSON.stringify({ body: step, prev, hash: hashOf(prev, step) })}\n`);
      // The folder too, so that a new file is there after a power cut.
      await syncFolder(directory);
    },
  };
}

function readLines(text: string, hashOf: (prev: string, step: unknown) => string): SpoolRead {
  const steps: SpoolRead["steps"][number][] = [];
  let prev = NOTHING_BEFORE;
  for (const [index, written] of text.split("\n").entries()) {
    const number = index + 1;
    if (written === "" && number === text.split("\n").length) break;
    const read = line.safeParse(asJson(written));
    if (!read.success) return { steps, broken: { line: number, why: "it is no line of this spool" } };
    const { body: step, prev: before, hash } = read.data;
    if (before !== prev) return { steps, broken: { line: number, why: "a line before it is missing or was put in" } };
    if (hash !== hashOf(prev, step)) return { steps, broken: { line: number, why: "it was changed" } };
    steps.push({ ...step, line: number, hash });
    prev = hash;
  }
  return { steps, broken: null };
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function append(file: string, text: string): Promise<void> {
  const handle = await open(file, "a", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
