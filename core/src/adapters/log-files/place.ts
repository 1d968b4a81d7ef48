import { crc32 } from "node:zlib";
import type { OpenFile } from "./follow-file.ts";

/** A place in a file, and by what the file is known again. */
export interface Place {
  readonly inode: number;
  readonly offset: number;
  /** When the file was written last, as it was read; milliseconds since the epoch. */
  readonly writtenAt: number;
  /** Of its first bytes: an inode is given to another file soon after the first one is deleted. */
  readonly mark: number;
  /** Inside a line that was too long: what is left of it is not wanted. */
  readonly isSkipping: boolean;
}

const MARKED_BYTES = 64;

/** Whether the file is the one of the place and still holds what was read of it. */
export async function samePlace(file: OpenFile, place: Place): Promise<boolean> {
  if (file.inode !== place.inode || file.size < place.offset) return false;
  return (await firstBytes(file, place.offset)) === place.mark;
}

/** A checksum of the beginning of a file, of which so much was read; 0: nothing was. */
export async function firstBytes({ handle }: OpenFile, read: number): Promise<number> {
  const length = Math.min(read, MARKED_BYTES);
  if (length === 0) return 0;
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
  return crc32(buffer.subarray(0, bytesRead));
}

/** As short text: ten thousand files would else need more than a cursor may have. */
export const writePlace = ({ inode, offset, writtenAt, mark, isSkipping }: Place): string =>
  `${[inode, offset, writtenAt, mark].map((number) => number.toString(36)).join(".")}${isSkipping ? "!" : ""}`;

/** @returns null if it is none */
export function readPlace(text: string): Place | null {
  const [, ...parts] = /^([0-9a-z]+)\.([0-9a-z]+)\.([0-9a-z]+)\.([0-9a-z]+)!?$/.exec(text) ?? [];
  const [inode, offset, writtenAt, mark] = parts.map((part) => Number.parseInt(part, 36));
  if (inode === undefined || offset === undefined || writtenAt === undefined || mark === undefined) return null;
  return { inode, offset, writtenAt, mark, isSkipping: text.endsWith("!") };
}
