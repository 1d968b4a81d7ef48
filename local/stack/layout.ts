import { createHash } from "node:crypto";
import { existsSync, mkdirSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { StartFailure } from "./addresses.ts";

/** The repository's folder. */
export const REPOSITORY = join(import.meta.dirname, "../..");

/** Environment variable that every process of a stack carries; its value is the stack's data folder. */
export const STACK_MARK = "ROLLCALL_STACK";

// A unix socket's path has at most 107 bytes on Linux (sun_path).
const MAX_SOCKET_PATH = 100;

/** Where the data of one stack lies. */
export interface Layout {
  readonly root: string;
  readonly logs: string;
  readonly tools: string;
  readonly config: string;
  readonly secretsFile: string;
  readonly accessFile: string;
  readonly stateFile: string;
  readonly agentsFile: string;
  readonly supervisorSocket: string;
  /** Tells the stack from others on this machine, in places where its path does not fit. */
  readonly id: string;
}

/**
 * Makes the data folder, for its owner only, and says where everything lies.
 * @throws StartFailure if it cannot be made
 */
export function layOut(dataDir: string): Layout {
  try {
    makeFolder(resolve(dataDir));
    const root = realpathSync(dataDir);
    for (const folder of [
      "run",
      "logs/agents",
      "tools",
      "config/rules",
      "agents",
      "supervisor",
      "exporter",
      "slack",
      "google",
      "cache",
    ])
      mkdirSync(join(root, folder), { recursive: true });
    return pathsBelow(root);
  } catch (cause) {
    throw new StartFailure(
      `Cannot write to ${dataDir} (${(cause as NodeJS.ErrnoException).code}). Give yourself the right, or set ROLLCALL_DATA_DIR to another folder.`,
      { cause },
    );
  }
}

// Node's own recursive mkdir never returns where the kernel answers ENOENT for a parent that is there, as in /proc.
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

/** Where everything lies below a data folder; makes nothing. */
export function pathsBelow(root: string): Layout {
  const id = createHash("sha256").update(root).digest("hex").slice(0, 16);
  const socket = join(root, "run/supervisor.sock");
  return {
    root,
    logs: join(root, "logs"),
    tools: join(root, "tools"),
    config: join(root, "config"),
    secretsFile: join(root, "secrets.json"),
    accessFile: join(root, "access.yaml"),
    stateFile: join(root, "run/state.json"),
    agentsFile: join(root, "run/agents.json"),
    supervisorSocket: socket.length <= MAX_SOCKET_PATH ? socket : join(tmpdir(), `rollcall-${id}.sock`),
    id,
  };
}

/** A path as people know it: `./.rollcall/logs` inside the folder they are in, else in full. */
export function shownPath(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith("..") ? path : `./${fromHere}`;
}
