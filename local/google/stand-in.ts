import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { createLocalServer, servePage } from "../stand-in/local-server.ts";
import { SnapshotFile } from "../stand-in/snapshot-file.ts";
import { AccessTokens } from "./access-tokens.ts";
import { Clock } from "./clock.ts";
import { addControl } from "./control.ts";
import { Directory } from "./directory.ts";
import { addDirectoryApi } from "./directory-api.ts";
import { Faults } from "./faults.ts";
import { type Calls, guardRoutes, sendGoogleError } from "./guard.ts";
import { IdTokens } from "./id-tokens.ts";
import { SigningKeys } from "./keys.ts";
import { addOidcRoutes } from "./oidc-routes.ts";
import type { DirectorySnapshot } from "./records.ts";
import { type OauthClient, SignIn } from "./sign-in.ts";

export interface GoogleStandInOptions {
  /** 0 takes a free port. */
  readonly port: number;
  /** The one service account that exists; `publicKey` is a PEM. */
  readonly serviceAccount: { readonly email: string; readonly publicKey: string };
  /** The one application that people sign in to; its addresses are compared as they are. */
  readonly client: OauthClient;
  /** JSON file that keeps people and groups between runs; without it the sample ones come back. */
  readonly dataFile?: string;
  readonly logLevel?: string;
}

export interface GoogleStandIn {
  readonly app: FastifyInstance;
  /** `http://127.0.0.1:<port>`; the issuer of ID tokens, and the root of the Directory API. */
  readonly url: string;
  readonly directory: Directory;
  close(): Promise<void>;
}

/** What Google's own clients write into `aud`, wherever the request really goes. */
const TOKEN_AUDIENCE = "https://oauth2.googleapis.com/token";
const BODY_BYTES = 64 * 1024;
const PAGE = join(import.meta.dirname, "page");

/** A local Google Workspace account: Directory API, sign-in, a page, and a control API; listens on 127.0.0.1. */
export async function createGoogleStandIn(options: GoogleStandInOptions): Promise<GoogleStandIn> {
  const app = createLocalServer({ logLevel: options.logLevel ?? "silent", bodyLimit: BODY_BYTES });
  const directory = new Directory();
  const file = keepDirectory(app, directory, options.dataFile ?? null);
  let url = "";
  await app.register(async (scope) => {
    answerErrorsLikeGoogle(scope);
    addRoutes(scope, { options, directory, url: () => url });
  });
  servePage(app, { folder: PAGE, paths: ["/"] });
  await app.listen({ host: "127.0.0.1", port: options.port });
  const address = app.server.address();
  url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : options.port}`;
  return {
    app,
    url,
    directory,
    close: async () => {
      await app.close();
      file.flush();
    },
  };
}

interface Routes {
  readonly options: GoogleStandInOptions;
  readonly directory: Directory;
  readonly url: () => string;
}

function addRoutes(app: FastifyInstance, { options, directory, url }: Routes): void {
  const { serviceAccount, client } = options;
  const clock = new Clock();
  const faults = new Faults();
  const calls: Calls = new Map();
  const keys = new SigningKeys();
  const accessTokens = new AccessTokens(clock);
  const idTokens = new IdTokens({ clock, keys, issuer: url });
  const guarded = guardRoutes(faults, calls);
  const account = { email: serviceAccount.email, publicKey: createPublicKey(serviceAccount.publicKey) };
  const audiences = () => [TOKEN_AUDIENCE, `${url()}/token`];
  const index = readFileSync(join(PAGE, "index.html"), "utf8");
  addDirectoryApi(app, { directory, accessTokens, guarded });
  addOidcRoutes(app, {
    guarded,
    keys,
    signIn: new SignIn({ client, clock, directory, accessTokens, idTokens }),
    assertions: { account, clock, directory, accessTokens, audiences },
    url,
    page: () => new Response(index, { headers: { "content-type": "text/html; charset=utf-8" } }),
  });
  addControl(app, { directory, faults, calls, clock, keys, accessTokens, idTokens });
}

/** Google's refusals look like Google's; what is ours to refuse goes on to the server's own answer. */
function answerErrorsLikeGoogle(scope: FastifyInstance): void {
  scope.setErrorHandler((error, _request, reply) => {
    const sent = sendGoogleError(error, reply);
    if (sent === null) throw error;
    return sent;
  });
}

function keepDirectory(
  app: FastifyInstance,
  directory: Directory,
  path: string | null,
): SnapshotFile<DirectorySnapshot> {
  const file = new SnapshotFile<DirectorySnapshot>(path, () => directory.snapshot());
  const { state, broken } = file.load(isSnapshot);
  if (broken !== null) app.log.warn({ broken }, "the kept directory could not be read and was put aside");
  if (state !== null) directory.restore(state);
  directory.onChange(() => file.changed());
  return file;
}

const Snapshot = z.looseObject({
  version: z.literal(1),
  users: z.array(z.looseObject({ id: z.string(), email: z.string(), aliases: z.array(z.string()) })),
  groups: z.array(z.looseObject({ id: z.string(), email: z.string(), members: z.array(z.unknown()) })),
});
const isSnapshot = (value: unknown): value is DirectorySnapshot => Snapshot.safeParse(value).success;
