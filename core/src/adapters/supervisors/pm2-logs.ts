import type { RuntimeLogPiece } from "../../ports/runtime.ts";
import { type LogFile, readLogFiles } from "../log-files/log-files.ts";
import type { Pm2Process } from "./pm2.ts";

// Asking PM2 costs 0.3 s of processor time, and where a process writes to hardly ever changes.
const KNOWN_MS = 30_000;

/** The files that PM2 writes its processes' output to. */
export function followPm2(list: () => Promise<readonly Pm2Process[]>) {
  let known: { readonly files: readonly LogFile[]; readonly at: number } | null = null;
  const filesOf = async (names: readonly string[]): Promise<readonly LogFile[]> => {
    if (known === null || performance.now() - known.at > KNOWN_MS) {
      known = { files: (await list()).flatMap(logFilesOf), at: performance.now() };
    }
    // Processes of a cluster may share a file.
    const meant = known.files.filter(({ source }) => names.includes(source));
    return [...new Map(meant.map((file) => [file.path, file])).values()];
  };
  return async (names: readonly string[], cursor: string | null): Promise<RuntimeLogPiece> => {
    // A file that cannot be read leaves the others readable; PM2 itself says what is wrong with it.
    const piece = await readLogFiles(await filesOf(names), { cursor, onProblem: () => undefined });
    return {
      ...piece,
      lines: piece.lines.map(({ source, text, at, isError }) => ({ name: source, text, at, isError })),
    };
  };
}

function logFilesOf({ name, pm_id, pm2_env: { pm_out_log_path, pm_err_log_path } }: Pm2Process): LogFile[] {
  const file = (path: string | undefined, isError: boolean): LogFile[] =>
    path === undefined ? [] : [{ key: `${pm_id}${isError ? "!" : ""}`, path, source: name, kind: "agent", isError }];
  // Both may be one file.
  const errors = pm_err_log_path === pm_out_log_path ? [] : file(pm_err_log_path, true);
  return [...file(pm_out_log_path, false), ...errors];
}
