import { spawn } from "node:child_process";
import { constants, setPriority } from "node:os";
import { join } from "node:path";

/** Builds the plugin and its host page in a process of its own that gives way to everything else: a start is not held up by it. */
export function buildAside(): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "host/main.ts")], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (child.pid !== undefined) lower(child.pid);
  let said = "";
  child.stdout.on("data", (text) => {
    said += text;
  });
  child.stderr.on("data", (text) => {
    said += text;
  });
  const built = new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(`the pages could not be built: ${said}`))));
  });
  // Whoever opens a page is told; nobody may.
  built.catch(() => undefined);
  return built;
}

function lower(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It is only slower for the others.
    return;
  }
}
