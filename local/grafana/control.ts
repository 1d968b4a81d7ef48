import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { InvalidInput, readBody } from "../stand-in/read-body.ts";
import { FaultInput, type Faults } from "./faults.ts";
import { AlterInput, type IdTokens } from "./id-tokens.ts";
import type { SigningKeys } from "./keys.ts";
import { type GrafanaPerson, PEOPLE, personOf } from "./people.ts";
import type { PluginSettings } from "./plugin-settings.ts";
import { sessionOf } from "./session.ts";

export interface ControlParts {
  readonly keys: SigningKeys;
  readonly faults: Faults;
  readonly idTokens: IdTokens;
  readonly calls: { readonly keys: number; readonly proxied: number };
  readonly settings: PluginSettings;
}

const Settings = z.strictObject({ pluginSecret: z.string().min(1).optional(), upstream: z.url().optional() });
const Who = z.strictObject({ person: z.string() });

/** What the page, tests and drills use: who is signed in, keys, tokens, faults. */
export function addControl(app: FastifyInstance, parts: ControlParts): void {
  const { keys, faults, idTokens, calls, settings } = parts;
  addSignIn(app);
  app.post("/control/keys/rotate", async (request) => {
    const { forget } = readBody(request, z.strictObject({ forget: z.boolean().default(false) }));
    keys.rotate(forget);
    return { kid: keys.current().kid };
  });
  app.post("/control/faults", async (request) => {
    faults.add(readBody(request, FaultInput));
    return {};
  });
  app.post("/control/faults/clear", async () => {
    faults.clear();
    idTokens.clear();
    return {};
  });
  app.post("/control/id-tokens/alter", async (request) => {
    idTokens.alter(readBody(request, AlterInput));
    return {};
  });
  // What a plugin, or somebody who reads the network, gets hold of.
  app.post("/control/id-tokens/issue", async (request) => ({ token: idTokens.issue(find(readBody(request, Who))) }));
  app.post("/control/settings", async (request) => {
    const { pluginSecret = settings.pluginSecret, upstream = settings.upstream } = readBody(request, Settings);
    Object.assign(settings, { pluginSecret, upstream: upstream.replace(/\/$/, "") });
    return {};
  });
  app.get("/control/calls", async () => calls);
}

function addSignIn(app: FastifyInstance): void {
  // As Grafana's own form does it, for programs that sign in to a Grafana; everybody's password is right here.
  app.post("/login", async (request, reply) => {
    const { user } = readBody(request, z.strictObject({ user: z.string(), password: z.string() }));
    if (personOf(user) === null) return reply.code(401).send({ message: "Invalid username or password" });
    void reply.header("set-cookie", sessionOf(user));
    return { message: "Logged in" };
  });
  app.post("/control/sign-in", async (request, reply) => {
    const { key } = find(readBody(request, Who));
    void reply.header("set-cookie", sessionOf(key));
    return {};
  });
}

function find({ person }: z.output<typeof Who>): GrafanaPerson {
  const found = personOf(person);
  if (found !== null) return found;
  throw new InvalidInput(`nobody is called "${person}"; there are ${PEOPLE.map(({ key }) => key).join(", ")}`);
}
