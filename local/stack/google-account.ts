import { createPublicKey, generateKeyPairSync, randomBytes } from "node:crypto";
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { StartFailure } from "./addresses.ts";
import type { Layout } from "./layout.ts";

const keyFileShape = z.looseObject({ client_email: z.email(), private_key: z.string().includes("PRIVATE KEY") });
const clientShape = z.strictObject({ id: z.string().min(8), secret: z.string().min(16) });

/** What this stack and its Google stand-in know each other by. */
export interface GoogleAccount {
  /** The service account's key, in the form of the file that Google gives. */
  readonly keyFile: string;
  readonly email: string;
  readonly publicKey: string;
  /** The application that people sign in to. */
  readonly client: z.output<typeof clientShape>;
}

const EMAIL = "rollcall@local-project.iam.gserviceaccount.com";

/** Settings under which the control service takes its roles from the stand-in. */
export const googleStandIn = ({ layout, ports }: { layout: Pick<Layout, "root">; ports: { google: number } }) => ({
  GOOGLE_SERVICE_ACCOUNT_FILE: keyFileOf(layout),
  GOOGLE_DELEGATED_ADMIN: "workspace-admin@example.test",
  GOOGLE_API_URL: `http://127.0.0.1:${ports.google}/`,
  ROLLCALL_GROUP_ADMIN: "fleet-admins@example.test",
  ROLLCALL_GROUP_OPERATOR: "fleet-operators@example.test",
  ROLLCALL_GROUP_VIEWER: "fleet-viewers@example.test",
});

const keyFileOf = ({ root }: Pick<Layout, "root">): string => join(root, "google/service-account.json");

/**
 * The service account and the application of the stand-in, made once and kept in files that only their owner can read.
 * @throws StartFailure if a file is damaged
 */
export function readOrMakeGoogleAccount(layout: Pick<Layout, "root">): GoogleAccount {
  const keyFile = keyFileOf(layout);
  const clientFile = join(layout.root, "google/oauth-client.json");
  if (!existsSync(keyFile)) write(keyFile, makeKeyFile());
  if (!existsSync(clientFile)) write(clientFile, makeClient());
  const key = read(keyFile, keyFileShape);
  const publicKey = createPublicKey(key.private_key).export({ format: "pem", type: "spki" });
  return { keyFile, email: key.client_email, publicKey: String(publicKey), client: read(clientFile, clientShape) };
}

function read<Shape extends z.ZodType>(file: string, shape: Shape): z.output<Shape> {
  chmodSync(file, 0o600);
  try {
    return shape.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    throw new StartFailure(`${file} is damaged. Delete it: the next start makes a new one.`, { cause });
  }
}

function makeKeyFile() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    type: "service_account",
    project_id: "local-project",
    private_key_id: randomBytes(20).toString("hex"),
    private_key: privateKey.export({ format: "pem", type: "pkcs8" }),
    client_email: EMAIL,
    client_id: "100000000000000000000",
    token_uri: "https://oauth2.googleapis.com/token",
  };
}

const makeClient = () => ({
  id: `1000000000-${randomBytes(8).toString("hex")}.apps.googleusercontent.com`,
  secret: `GOCSPX-${randomBytes(21).toString("base64url")}`,
});

function write(file: string, content: object): void {
  writeFileSync(`${file}.part`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.part`, file);
}
