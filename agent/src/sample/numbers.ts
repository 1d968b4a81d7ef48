import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

const BLOCK = 100;

/**
 * Consecutive numbers that never repeat, also over a crash: a block is reserved in the file before its first is given.
 * A crash may leave a gap.
 */
export async function openNumbers(dir: string, name: string): Promise<() => Promise<number>> {
  const path = join(dir, `${name}.next`);
  const stored = Number(await readFile(path, "utf8").catch(() => "1"));
  let next = Number.isSafeInteger(stored) ? stored : 1;
  let reserved = next;
  return async () => {
    if (next >= reserved) {
      reserved = next + BLOCK;
      await writeFile(`${path}.new`, String(reserved));
      await rename(`${path}.new`, path);
    }
    next += 1;
    return next - 1;
  };
}
