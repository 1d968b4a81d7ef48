import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { type OnProgress, unpackDebianPackages } from "./debian-packages.ts";

const run = promisify(execFile);

/** A program that the local stack runs as it is. */
export interface Tool {
  readonly path: string;
  readonly version: string;
  /** Environment it needs, for unpacked libraries. */
  readonly env: Readonly<Record<string, string>>;
  readonly origin: "found on the PATH" | "unpacked Debian packages";
  /** Root of the unpacked packages, if it is not from the PATH. */
  readonly root: string | null;
}

interface ToolSource {
  readonly binary: string;
  readonly packages: readonly string[];
  readonly minimum: readonly [number, number];
}

// Lowest versions that the shipped configuration is written for (design sections 7 and 9).
const SOURCES = {
  redis: {
    binary: "redis-server",
    packages: ["redis-tools", "redis-server", "liblzf1", "libjemalloc2"],
    minimum: [7, 0],
  },
  prometheus: { binary: "prometheus", packages: ["prometheus"], minimum: [2, 42] },
  promtool: { binary: "promtool", packages: ["prometheus"], minimum: [2, 42] },
  alertmanager: { binary: "prometheus-alertmanager", packages: ["prometheus-alertmanager"], minimum: [0, 25] },
  // Follows and ends processes in drills; 5.3 is the first that can end one by a signal at its n-th call and follow threads well.
  strace: { binary: "strace", packages: ["strace", "libunwind8"], minimum: [5, 3] },
  amtool: { binary: "amtool", packages: ["prometheus-alertmanager"], minimum: [0, 25] },
} as const satisfies Record<string, ToolSource>;
export type ToolName = keyof typeof SOURCES;

/**
 * Finds a program on the PATH, else unpacks it from Debian packages below `toolsDir`.
 * @throws Error that says what is missing and what to install
 */
export async function findTool(name: ToolName, toolsDir: string, onProgress?: OnProgress): Promise<Tool> {
  const source: ToolSource = SOURCES[name];
  const found = await findOnPath(source);
  if (found !== null) return found;
  try {
    const into = join(toolsDir, source.packages[0] as string);
    const unpacked = await unpackDebianPackages(source.packages, into, onProgress);
    const path = join(unpacked.bin, source.binary);
    const env = { LD_LIBRARY_PATH: unpacked.libraryPath };
    const version = await readVersion(path, env);
    return { path, version: version.join("."), env, origin: "unpacked Debian packages", root: unpacked.root };
  } catch (error) {
    throw new Error(
      `${source.binary} ${source.minimum.join(".")} or newer is neither on the PATH nor to be had as a Debian package (${reason(error)}). Install it: apt-get install ${source.packages[0]}`,
      { cause: error },
    );
  }
}

async function findOnPath({ binary, minimum }: ToolSource): Promise<Tool | null> {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(folder, binary);
    try {
      await access(path, constants.X_OK);
      const version = await readVersion(path, {});
      if (isAtLeast(version, minimum))
        return { path, version: version.join("."), env: {}, origin: "found on the PATH", root: null };
    } catch {
      // Not in this folder, or it does not run: try the next one.
    }
  }
  return null;
}

async function readVersion(path: string, env: Record<string, string>): Promise<number[]> {
  const { stdout, stderr } = await run(path, ["--version"], { env: { ...process.env, ...env }, timeout: 10_000 });
  const match = /(?:v=|version )(\d+)\.(\d+)(?:\.(\d+))?/.exec(`${stdout}${stderr}`);
  if (match === null) throw new Error(`${path} --version says no version`);
  return match
    .slice(1)
    .filter((part) => part !== undefined)
    .map(Number);
}

const isAtLeast = ([major = 0, minor = 0]: readonly number[], minimum: readonly [number, number]): boolean =>
  major > minimum[0] || (major === minimum[0] && minor >= minimum[1]);

/** The last line that a program, or Node, said about it. */
const reason = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).trim().split("\n").at(-1)?.slice(0, 200) ?? "";
