import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer } from "node:net";

/** Who listens on a port; null if it is a process that we may not look at. */
export interface PortOwner {
  readonly pid: number;
  readonly program: string;
}

/** Whether our processes can listen on the port of the loopback interface. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** The process that listens on a TCP port of this machine. */
export function findPortOwner(port: number): PortOwner | null {
  const inodes = new Set([...listeningInodes("/proc/net/tcp", port), ...listeningInodes("/proc/net/tcp6", port)]);
  if (inodes.size === 0) return null;
  for (const entry of list("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const holdsIt = list(`/proc/${entry}/fd`).some((fd) => {
      const match = /^socket:\[(\d+)\]$/.exec(link(`/proc/${entry}/fd/${fd}`));
      return match !== null && inodes.has(match[1] as string);
    });
    if (holdsIt) return { pid: Number(entry), program: text(`/proc/${entry}/comm`).trim() };
  }
  return null;
}

// Lines of /proc/net/tcp: `sl local_address rem_address st … inode`, address in hex, state 0A is LISTEN.
function listeningInodes(table: string, port: number): string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  return text(table)
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === "0A" && fields[1]?.split(":")[1] === wanted)
    .map((fields) => fields[9] as string);
}

// Processes end while we look, and those of other users are closed to us.
const orElse =
  <T>(read: (path: string) => T, otherwise: T) =>
  (path: string): T => {
    try {
      return read(path);
    } catch {
      return otherwise;
    }
  };
const list = orElse((path) => readdirSync(path), []);
const link = orElse((path) => readlinkSync(path), "");
const text = orElse((path) => readFileSync(path, "utf8"), "");
