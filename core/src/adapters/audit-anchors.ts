import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, open, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Failure } from "../domain/failure.ts";

/** What is known outside the database: at this time row `seq` was the newest, with this hash, after `count` rows. */
const anchorLine = z.strictObject({
  v: z.literal(1),
  fleet: z.string(),
  seq: z.number().int().positive(),
  count: z.number().int().positive(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.iso.datetime(),
  /** First 16 hex digits of the SHA-256 of the public key (DER). */
  key: z.string().regex(/^[0-9a-f]{16}$/),
  /** Ed25519 over the lines `rollcall-anchor-1`, fleet, seq, count, hash, at; base64. */
  signature: z.string(),
});
export type Anchor = z.infer<typeof anchorLine>;

export interface AnchorFile {
  /** Signs and appends; on the disk when it returns. @throws Error if it cannot be written */
  add(head: { seq: number; hash: string; at: Date }): Promise<void>;
}

export interface AnchorOptions {
  /** Folder on another disk than PostgreSQL's, if there is one; made if it is missing. */
  readonly directory: string;
  /** File of the private key; `key.pem` in the folder if not said. Made at the first time. */
  readonly keyFile?: string | undefined;
  readonly fleet: string;
}

const ANCHORS = "anchors.jsonl";
const PUBLIC_KEY = "key.pub.pem";

/** Opens the folder of anchors, with a key of its own. @throws Failure "invalid_input" if the key is none */
export async function openAnchors({ directory, keyFile, fleet }: AnchorOptions): Promise<AnchorFile> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const key = await readOrMakeKey(keyFile ?? join(directory, "key.pem"));
  const publicKey = createPublicKey(key);
  await writeWhole(join(directory, PUBLIC_KEY), publicKey.export({ type: "spki", format: "pem" }).toString(), 0o644);
  return {
    async add({ seq, hash, at }) {
      const unsigned = { v: 1 as const, fleet, seq, count: seq, hash, at: at.toISOString(), key: idOf(publicKey) };
      const signature = sign(null, signedText(unsigned), key).toString("base64");
      const file = await open(join(directory, ANCHORS), "a", 0o600);
      try {
        await file.writeFile(`${JSON.stringify({ ...unsigned, signature })}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
    },
  };
}

export interface AnchorsRead {
  readonly anchors: readonly Anchor[];
  /** Lines that are no anchor of this key, by number from 1. */
  readonly foreign: readonly number[];
}

/** Reads the anchors of a folder and checks their signatures. @returns null if there are none */
export async function readAnchors(directory: string): Promise<AnchorsRead | null> {
  const [text, pem] = await Promise.all(
    [ANCHORS, PUBLIC_KEY].map((name) => readFile(join(directory, name), "utf8").catch(() => null)),
  );
  if (text === null || pem === null || text === undefined || pem === undefined) return null;
  const publicKey = createPublicKey(pem);
  const anchors: Anchor[] = [];
  const foreign: number[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line === "") continue;
    const anchor = readLine(line, publicKey);
    if (anchor === null) foreign.push(index + 1);
    else anchors.push(anchor);
  }
  return { anchors, foreign };
}

function readLine(line: string, publicKey: KeyObject): Anchor | null {
  try {
    const anchor = anchorLine.parse(JSON.parse(line));
    return verify(null, signedText(anchor), publicKey, Buffer.from(anchor.signature, "base64")) ? anchor : null;
  } catch {
    return null;
  }
}

const signedText = ({ fleet, seq, count, hash, at }: Omit<Anchor, "signature">): Buffer =>
  Buffer.from(["rollcall-anchor-1", fleet, seq, count, hash, at].join("\n"));

const idOf = (key: KeyObject): string =>
  createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("hex")
    .slice(0, 16);

async function readOrMakeKey(file: string): Promise<KeyObject> {
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync("ed25519");
    await writeWhole(file, privateKey.export({ type: "pkcs8", format: "pem" }).toString(), 0o600);
  }
  const key = createPrivateKeyOrNull(await readFile(file, "utf8"));
  if (key?.asymmetricKeyType === "ed25519") return key;
  throw new Failure("invalid_input", `${file} is no private key for anchors`, {
    allowed: ["an Ed25519 private key in PEM"],
    next: `Make one: openssl genpkey -algorithm ed25519 -out ${file}`,
  });
}

function createPrivateKeyOrNull(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem);
  } catch {
    return null;
  }
}

// Whole or not at all: with half a key every anchor to come would be foreign.
async function writeWhole(file: string, text: string, mode: number): Promise<void> {
  await writeFile(`${file}.${process.pid}.part`, text, { mode });
  await rename(`${file}.${process.pid}.part`, file);
}
