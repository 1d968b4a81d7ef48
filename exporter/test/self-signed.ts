import { generateKeyPairSync, sign } from "node:crypto";

const [INTEGER, BITS, OBJECT_ID, UTF8, SEQUENCE, SET, TIME] = [0x02, 0x03, 0x06, 0x0c, 0x30, 0x31, 0x18];
const ECDSA_WITH_SHA256 = "2a8648ce3d040302";
const COMMON_NAME = "550403";
const ALTERNATIVE_NAMES = "551d11";

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const { length } = body;
  const head = length < 128 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), body]);
}
const hex = (tag: number, digits: string): Buffer => der(tag, Buffer.from(digits, "hex"));
const timeOf = (at: Date): Buffer =>
  der(TIME, Buffer.from(`${at.toISOString().replaceAll(/[-:T]/g, "").slice(0, 14)}Z`));

/** A certificate for 127.0.0.1 that signs itself (RFC 5280), with its key, both as PEM. */
export function makeCertificate(endsAt: Date): { readonly key: string; readonly cert: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = der(SEQUENCE, hex(OBJECT_ID, ECDSA_WITH_SHA256));
  const name = der(
    SEQUENCE,
    der(SET, der(SEQUENCE, hex(OBJECT_ID, COMMON_NAME), der(UTF8, Buffer.from("probe test")))),
  );
  // [7] is an address in GeneralName.
  const address = der(SEQUENCE, hex(0x87, "7f000001"));
  const extensions = der(0xa3, der(SEQUENCE, der(SEQUENCE, hex(OBJECT_ID, ALTERNATIVE_NAMES), der(0x04, address))));
  const content = der(
    SEQUENCE,
    ...[hex(0xa0, "020102"), hex(INTEGER, "01"), algorithm, name],
    der(SEQUENCE, timeOf(new Date("2020-01-01")), timeOf(endsAt)),
    ...[name, publicKey.export({ type: "spki", format: "der" }), extensions],
  );
  const signature = der(BITS, Buffer.from([0]), sign("sha256", content, privateKey));
  const body = der(SEQUENCE, content, algorithm, signature).toString("base64").replaceAll(/.{64}/g, "$&\n");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    cert: `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`,
  };
}
