import { closeSync, existsSync, fstatSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";

/** A log file that starts anew at `maxBytes`; the one before is kept as `<file>.1`. */
export interface OutputLog {
  write(text: string): void;
  close(): void;
}

export function openOutputLog(file: string, maxBytes: number): OutputLog {
  let fd = openSync(file, "a");
  let size = fstatSync(fd).size;
  return {
    write(text) {
      if (size > maxBytes) {
        closeSync(fd);
        renameSync(file, `${file}.1`);
        fd = openSync(file, "a");
        size = 0;
      }
      size += writeSync(fd, text);
    },
    close: () => closeSync(fd),
  };
}

/** The last lines of a log, newest last, across its rotation. */
export function readLastLines(file: string, count: number): string[] {
  const linesOf = (path: string) =>
    existsSync(path)
      ? readFileSync(path, "utf8")
          .split("\n")
          .filter((line) => line !== "")
      : [];
  const current = linesOf(file);
  return (current.length >= count ? current : [...linesOf(`${file}.1`), ...current]).slice(-count);
}
