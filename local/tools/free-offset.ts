import { isAllowedOffset, LISTENERS } from "../stack/addresses.ts";
import { isPortFree } from "../stack/port-owner.ts";

/**
 * The first offset from `first` on, in steps of 100, at which a whole stack can listen.
 * @param first a ROLLCALL_PORT_OFFSET
 * @throws Error if thirty steps find none
 */
export async function findFreeOffset(first: number): Promise<number> {
  for (let offset = first; offset < first + 3000; offset += 100) {
    if (!isAllowedOffset(offset)) continue;
    const free = await Promise.all(LISTENERS.map(({ port }) => isPortFree(port + offset)));
    if (free.every(Boolean)) return offset;
  }
  throw new Error(`no free ports for a stack from offset ${first} on`);
}
