/** Which part of a fleet one exporter shows: `index` of `count`, from 0. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

export const WHOLE_FLEET: Shard = { index: 0, count: 1 };

/** Whether what has this name belongs to the shard. Every name belongs to exactly one, whatever else there is. */
export const isOfShard = (name: string, { index, count }: Shard): boolean =>
  count === 1 || fnv1a(name) % count === index;

/** FNV-1a, 32 bits (offset basis and prime of the specification by Fowler, Noll and Vo). */
function fnv1a(text: string): number {
  let hash = 0x81_1c_9d_c5;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01_00_01_93) >>> 0;
  return hash;
}
