import { randomBytes } from "node:crypto";
import type { StoredFile } from "./records.ts";

const KEPT = 50;
export const FILE_BYTES = 10 * 1024 * 1024;

interface Upload extends StoredFile {
  readonly secret: string;
  content: Buffer | null;
}

/** Uploaded files, in memory only: after a restart their messages say that the file is gone. */
export class Files {
  readonly #uploads = new Map<string, Upload>();
  #count = 0;

  /** Reserves a file. @returns its id and the secret end of its upload URL */
  reserve(name: string, size: number): { id: string; secret: string } {
    this.#count += 1;
    const id = `F0${this.#count}${randomBytes(3).toString("hex").toUpperCase()}`;
    const secret = randomBytes(18).toString("base64url");
    this.#uploads.set(id, { id, secret, name, title: name, size, content: null });
    for (const oldest of this.#uploads.keys()) {
      if (this.#uploads.size <= KEPT) break;
      this.#uploads.delete(oldest);
    }
    return { id, secret };
  }

  /** @returns false if nobody reserved this, it was used, or the size is another than announced */
  receive(secret: string, content: Buffer): boolean {
    const upload = [...this.#uploads.values()].find((each) => each.secret === secret);
    if (upload === undefined || upload.content !== null || content.length !== upload.size) return false;
    upload.content = content;
    return true;
  }

  /** The file once its content has come. */
  complete(id: string, title: string | null): StoredFile | null {
    const upload = this.#uploads.get(id);
    if (upload === undefined || upload.content === null) return null;
    return { id, name: upload.name, title: title ?? upload.name, size: upload.size };
  }

  read(id: string): { name: string; content: Buffer } | null {
    const upload = this.#uploads.get(id);
    return upload?.content == null ? null : { name: upload.name, content: upload.content };
  }
}

/** The first part of a multipart body; the whole body if it is none. */
export function firstPart(contentType: string, body: Buffer): Buffer {
  const boundary = /^multipart\/form-data;.*boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  if (boundary === undefined) return body;
  const start = body.indexOf("\r\n\r\n");
  const end = body.indexOf(`\r\n--${boundary}`, start);
  return start < 0 || end < 0 ? Buffer.alloc(0) : body.subarray(start + 4, end);
}
