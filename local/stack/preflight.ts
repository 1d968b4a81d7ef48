import { statfs } from "node:fs/promises";
import { LISTENERS, type ListenerName, nextGoodOffset, type Ports, StartFailure } from "./addresses.ts";
import { findPortOwner, isPortFree } from "./port-owner.ts";

/** Number of steps of a start. */
export const STEPS = 7;

const MINIMUM_FREE_MB = 500;

/** @throws StartFailure that names each taken port and who has it */
export async function checkPorts(ports: Ports, names: readonly ListenerName[]): Promise<void> {
  const wanted = LISTENERS.filter(({ name }) => names.includes(name));
  const taken: (typeof LISTENERS)[number][] = [];
  for (const listener of wanted) if (!(await isPortFree(ports[listener.name]))) taken.push(listener);
  const [first, ...others] = taken;
  if (first === undefined) return;
  const sayOwner = (port: number) => {
    const owner = findPortOwner(port);
    return owner === null ? "a process of another user" : `pid ${owner.pid} (${owner.program})`;
  };
  const also = others.map(({ name, label }) => `${ports[name]} (${label}) by ${sayOwner(ports[name])}`);
  const offset = nextGoodOffset(ports[first.name] - first.port, (port) => findPortOwner(port) === null);
  throw new StartFailure(
    `port ${ports[first.name]} is taken by ${sayOwner(ports[first.name])}` +
      `${also.length > 0 ? `, ${also.join(", ")}` : ""}. Stop it, or set ROLLCALL_PORT_OFFSET=${offset}.`,
    { step: `${first.step}/${STEPS} ${first.label}` },
  );
}

/**
 * Checks that the folders of the stack have room to grow.
 * @param freeBytes of the file system that holds a folder
 * @throws StartFailure
 */
export async function checkDisk(
  folders: readonly string[],
  freeBytes: (folder: string) => Promise<number> = readFreeBytes,
): Promise<void> {
  for (const folder of folders) {
    const freeMb = Math.floor((await freeBytes(folder)) / 1024 / 1024);
    if (freeMb < MINIMUM_FREE_MB)
      throw new StartFailure(
        `Only ${freeMb} MB are free for ${folder}; Rollcall needs ${MINIMUM_FREE_MB} MB. Make room, or set ROLLCALL_DATA_DIR to a folder on another disk.`,
      );
  }
}

async function readFreeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
