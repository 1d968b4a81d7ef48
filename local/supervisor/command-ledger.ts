import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import type { ProcessState } from "@rollcall/core/ports/supervisor.ts";

// As long as the agents keep theirs; a command is never repeated later than that.
const KEEP_MS = 24 * 3600 * 1000;

interface Entry {
  readonly id: string;
  readonly at: number;
  /** What it does; the same id may not be used for anything else. */
  readonly effect: string;
  /** null: begun, and the answer is not known. */
  readonly answer: ProcessState | null;
}

/** Which command ids were applied, on disk before they have an effect. */
export interface CommandLedger {
  find(commandId: string): Entry | null;
  /** Returns when the intent is on disk. */
  begin(commandId: string, effect: string): void;
  finish(commandId: string, answer: ProcessState): void;
  close(): void;
}

/** Opens the ledger, dropping entries older than a day and a last line that a crash cut short. */
export function openCommandLedger(file: string, now: () => number = Date.now): CommandLedger {
  const entries = new Map<string, Entry>();
  for (const entry of readEntries(file)) if (entry.at > now() - KEEP_MS) entries.set(entry.id, entry);
  rewrite(file, [...entries.values()]);
  const fd = openSync(file, "a", 0o600);
  const write = (entry: Entry) => {
    writeSync(fd, `${JSON.stringify(entry)}\n`);
    fsyncSync(fd);
    entries.set(entry.id, entry);
  };
  return {
    find: (commandId) => entries.get(commandId) ?? null,
    begin: (id, effect) => write({ id, at: now(), effect, answer: null }),
    finish: (id, answer) => write({ id, at: now(), effect: entries.get(id)?.effect ?? "unknown", answer }),
    close: () => closeSync(fd),
  };
}

function readEntries(file: string): Entry[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        return line === "" ? [] : [JSON.parse(line) as Entry];
      } catch {
        return [];
      }
    });
}

function rewrite(file: string, entries: readonly Entry[]): void {
  const work = `${file}.part`;
  const fd = openSync(work, "w", 0o600);
  appendFileSync(fd, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
  fsyncSync(fd);
  closeSync(fd);
  renameSync(work, file);
}

/** Whether the agent's own ledger says that a process of this command id ran. */
export function agentSawStart(agentLedger: string, commandId: string): boolean {
  if (!existsSync(agentLedger)) return false;
  return readFileSync(agentLedger, "utf8")
    .split("\n")
    .some((line) => {
      try {
        const entry = JSON.parse(line) as { kind?: string; id?: string };
        return entry.kind === "started" && entry.id === commandId;
      } catch {
        return false;
      }
    });
}
