#!/usr/bin/env node
// Checks an export of the audit log without any part of Rollcall, so that nobody has to trust Rollcall about its own log.
//
//   npm run audit -- export > audit.jsonl       or GET /api/v1/audit/export
//   node verify-audit-export.mjs audit.jsonl [--anchors FOLDER] [--key key.pub.pem]
//
// Each line is JSON with seq, prev, hash and body. hash is the SHA-256 of prev followed by body, in hex; prev is the hash of
// the row before, 64 zeros for row 1. body holds the same seq. FOLDER holds anchors.jsonl and key.pub.pem, as the control
// service writes them; keep a copy of key.pub.pem of your own and give it with --key. An anchor is an Ed25519 signature over
// the lines "rollcall-anchor-1", fleet, seq, count, hash, at. Exit 0: unbroken. 2: broken, with the first bad row. 1: not checked.
import { createHash, createPublicKey, verify } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

const GENESIS = "0".repeat(64);

class Broken extends Error {}

function faultOf(row, before) {
  if (before !== null && row.seq !== before.seq + 1)
    return `broken at row ${before.seq + 1}: missing: row ${before.seq} is followed by row ${row.seq}`;
  const hash = createHash("sha256")
    .update(row.prev + row.body, "utf8")
    .digest("hex");
  if (hash !== row.hash) return `broken at row ${row.seq}: edited: its hash does not fit its text`;
  if (JSON.parse(row.body).seq !== row.seq) return `broken at row ${row.seq}: reordered: its text has another number`;
  const prev = before?.hash ?? (row.seq === 1 ? GENESIS : row.prev);
  if (row.prev !== prev) return `broken at row ${row.seq}: replaced: it does not carry the hash of the row before`;
  return shownFault(row);
}

/** The fields beside the body are a convenience; they must say the same. */
function shownFault({ body, prev: _prev, hash: _hash, seq, ...shown }) {
  const written = JSON.parse(body);
  const differs = Object.keys(shown).find((key) => JSON.stringify(shown[key]) !== JSON.stringify(written[key]));
  return differs === undefined ? null : `broken at row ${seq}: edited: ${differs} is not what its text says`;
}

async function walk(file) {
  const lines = createInterface({ input: createReadStream(file, "utf8"), crlfDelay: Number.POSITIVE_INFINITY });
  const hashes = new Map();
  let first = null;
  let last = null;
  for await (const line of lines) {
    if (line === "") continue;
    const row = JSON.parse(line);
    const fault = faultOf(row, last);
    if (fault !== null) throw new Broken(fault);
    last = { seq: row.seq, hash: row.hash };
    first ??= row.seq;
    hashes.set(row.seq, row.hash);
  }
  if (last === null) throw new Error("the export has no row");
  return { first, last, hashes };
}

function readAnchors(folder, keyFile) {
  const key = createPublicKey(readFileSync(keyFile ?? join(folder, "key.pub.pem"), "utf8"));
  const lines = readFileSync(join(folder, "anchors.jsonl"), "utf8").split("\n");
  return lines.flatMap((line, index) => {
    if (line === "") return [];
    const anchor = JSON.parse(line);
    const { fleet, seq, count, hash, at, signature } = anchor;
    const text = ["rollcall-anchor-1", fleet, seq, count, hash, at].join("\n");
    if (!verify(null, Buffer.from(text), key, Buffer.from(signature, "base64")))
      throw new Broken(`broken: line ${index + 1} of the anchors is not signed by this key`);
    return [anchor];
  });
}

function compare({ first, last, hashes }, anchors) {
  const known = anchors.filter(({ seq }) => seq >= first);
  for (const { seq, hash, at } of known.toSorted((one, other) => one.seq - other.seq)) {
    if (seq > last.seq)
      throw new Broken(
        `broken at row ${last.seq + 1}: cut off: the anchor of ${at} knows row ${seq}, the export ends before`,
      );
    if (hashes.get(seq) !== hash)
      throw new Broken(`broken at row ${seq}: rewritten: the anchor of ${at} knows it with another hash`);
  }
  return known.length;
}

async function main() {
  const options = { anchors: { type: "string" }, key: { type: "string" } };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [file] = positionals;
  if (file === undefined)
    throw new Error("Name the export: node verify-audit-export.mjs audit.jsonl [--anchors FOLDER]");
  const chain = await walk(file);
  const { first, last, hashes } = chain;
  const count = values.anchors === undefined ? null : compare(chain, readAnchors(values.anchors, values.key));
  const compared = count === null ? "no anchors compared" : `${count} anchors fit`;
  const partly = first === 1 ? "" : ` (row ${first} is taken on trust: what is before it is not in the export)`;
  console.log(
    `${hashes.size} rows from ${first} to ${last.seq}, unbroken${partly}, ${compared}, last hash ${last.hash}`,
  );
}

main().catch((error) => {
  if (error instanceof Broken) console.log(error.message);
  else console.error(`✗ ${error.message}`);
  process.exitCode = error instanceof Broken ? 2 : 1;
});
