import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { EventStream } from "../stand-in/local-server.ts";
import { InvalidInput, readBody } from "../stand-in/read-body.ts";
import type { AccessTokens } from "./access-tokens.ts";
import type { Clock } from "./clock.ts";
import { type Directory, DirectoryError } from "./directory.ts";
import { FaultInput, type Faults } from "./faults.ts";
import type { Calls } from "./guard.ts";
import { AlterInput, type IdTokens } from "./id-tokens.ts";
import type { SigningKeys } from "./keys.ts";
import { DOMAIN } from "./records.ts";

export interface ControlParts {
  readonly directory: Directory;
  readonly faults: Faults;
  readonly calls: Calls;
  readonly clock: Clock;
  readonly keys: SigningKeys;
  readonly accessTokens: AccessTokens;
  readonly idTokens: IdTokens;
}

const mail = z.email().max(254);
const NewUser = z.strictObject({
  email: mail,
  id: z
    .string()
    .regex(/^\d{21}$/)
    .optional(),
  name: z.string().min(1).max(120).optional(),
  aliases: z.array(mail).optional(),
  admin: z.boolean().optional(),
});
const ChangedUser = z.strictObject({
  user: z.string(),
  email: mail.optional(),
  name: z.string().min(1).max(120).optional(),
  aliases: z.array(mail).optional(),
  suspended: z.boolean().optional(),
  archived: z.boolean().optional(),
  admin: z.boolean().optional(),
});
const Membership = z.strictObject({ group: z.string(), member: z.string(), in: z.boolean() });

/** What tests, drills and the page use: what an administrator of the account can do, and faults that nobody can order. */
export function addControl(app: FastifyInstance, parts: ControlParts): void {
  addEdits(app, parts.directory);
  addFaults(app, parts);
  const stream = new EventStream(app, "/control/stream");
  parts.directory.onChange(() => stream.send("directory", {}));
}

function addEdits(app: FastifyInstance, directory: Directory): void {
  app.get("/control/directory", async () => ({
    domain: DOMAIN,
    users: directory.users(),
    groups: directory.groups().map((group) => ({ ...group, everybody: directory.derivedMembers(group) })),
  }));
  app.post("/control/users", async (request) => edit(() => directory.addUser(given(readBody(request, NewUser)))));
  app.post("/control/users/change", async (request) => {
    const { user, ...changes } = readBody(request, ChangedUser);
    return edit(() => directory.changeUser(user, given(changes)));
  });
  app.post("/control/users/remove", async (request) => {
    const { user } = readBody(request, z.strictObject({ user: z.string() }));
    return edit(() => directory.removeUser(user));
  });
  app.post("/control/groups", async (request) => {
    const asked = readBody(request, z.strictObject({ email: mail, name: z.string().max(120).optional() }));
    return edit(() => directory.addGroup(given(asked)));
  });
  app.post("/control/groups/remove", async (request) => {
    const { group } = readBody(request, z.strictObject({ group: z.string() }));
    return edit(() => directory.removeGroup(group));
  });
  app.post("/control/membership", async (request) => {
    const { group, member, in: isIn } = readBody(request, Membership);
    return edit(() => (isIn ? directory.join(group, member) : directory.leave(group, member)));
  });
  app.post("/control/reset", async () => edit(() => directory.reset()));
}

function addFaults(app: FastifyInstance, parts: ControlParts): void {
  const { faults, calls, clock, keys, accessTokens, idTokens } = parts;
  app.post("/control/faults", async (request) => {
    faults.add(readBody(request, FaultInput));
    return {};
  });
  app.post("/control/faults/clear", async () => {
    faults.clear();
    idTokens.clear();
    return {};
  });
  app.get("/control/calls", async () => ({ calls: Object.fromEntries(calls) }));
  app.post("/control/advance", async (request) => {
    const { seconds } = readBody(request, z.strictObject({ seconds: z.number().min(0) }));
    clock.advance(seconds * 1000);
    return {};
  });
  app.post("/control/keys/rotate", async (request) => {
    const { forget } = readBody(request, z.strictObject({ forget: z.boolean().default(false) }));
    keys.rotate(forget);
    return { kid: keys.current().kid };
  });
  app.post("/control/access-tokens/revoke", async () => {
    accessTokens.revoke();
    return {};
  });
  app.post("/control/id-tokens/alter", async (request) => {
    idTokens.alter(readBody(request, AlterInput));
    return {};
  });
}

/** Without the fields that were not given, so that they keep what they had. */
const given = <Fields extends object>(fields: Fields): { [Name in keyof Fields]: Exclude<Fields[Name], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;

function edit<Result>(run: () => Result): Result | Record<string, never> {
  try {
    return run() ?? {};
  } catch (error) {
    if (error instanceof DirectoryError) throw new InvalidInput(error.message);
    throw error;
  }
}
