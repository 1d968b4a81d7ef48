import { accessSync, constants } from "node:fs";
import type { Tool } from "../tools/find-tool.ts";

// Debian's Alertmanager opens /usr/share/prometheus/alertmanager/default.tmpl and nothing else. Unpacked packages are laid
// over /usr/share in a mount namespace that only this process sees; a bind mount where the kernel has no overlay.
const MOUNT_AND_RUN = `
mount -t overlay overlay -o "lowerdir=$1/usr/share:/usr/share" /usr/share 2>/dev/null || mount --bind "$1/usr/share" /usr/share || exit 97
shift
exec "$@"`;

/** Program and arguments that run an Alertmanager with its own templates, as root or not. */
export function alertmanagerCommand(tool: Tool, args: readonly string[]): { path: string; args: readonly string[] } {
  if (tool.root === null) return { path: tool.path, args };
  const isRoot = process.getuid?.() === 0;
  // Without root a user namespace gives the right to mount; inside it we are root, outside still ourselves.
  const flags = isRoot ? ["--mount"] : ["--user", "--map-root-user", "--mount"];
  return { path: findUnshare(), args: [...flags, "sh", "-c", MOUNT_AND_RUN, "sh", tool.root, tool.path, ...args] };
}

function findUnshare(): string {
  for (const path of ["/usr/bin/unshare", "/bin/unshare"]) {
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Try the next place.
    }
  }
  throw new Error("unshare (package util-linux) is missing, which an unpacked Alertmanager needs");
}
