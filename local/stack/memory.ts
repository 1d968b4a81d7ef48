import { readFileSync } from "node:fs";

/**
 * Memory that processes hold, shared pages counted by share (PSS) where the kernel tells, else in full (RSS).
 * @returns bytes
 */
export const readMemory = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + memoryOf(pid), 0);

function memoryOf(pid: number): number {
  return kibibytes(`/proc/${pid}/smaps_rollup`, "Pss") ?? kibibytes(`/proc/${pid}/status`, "VmRSS") ?? 0;
}

function kibibytes(file: string, field: string): number | null {
  try {
    const match = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(readFileSync(file, "utf8"));
    return match === null ? null : Number(match[1]) * 1024;
  } catch {
    return null;
  }
}
