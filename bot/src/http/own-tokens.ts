import { hasRole } from "@rollcall/core/domain/actor.ts";
import { auditEntry } from "@rollcall/core/domain/audit.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import type { ApiToken, TokenScope, TokenWish } from "@rollcall/core/ports/api-tokens.ts";
import { SESSION_LONGEST_SECONDS } from "@rollcall/core/ports/sessions.ts";
import {
  apiMadeToken,
  apiSession,
  apiToken,
  apiTokens,
  tokenId,
  tokenName,
  tokenRequest,
} from "@rollcall/core/token-contract.ts";
import { z } from "zod";
import type { PageDeps } from "../page/deps.ts";
import { type Caller, callerOf, requireRole, requireScope } from "./authentication.ts";
import type { App } from "./deps.ts";
import { noQuery } from "./query.ts";

export { tokenName };

/** What the two choices of the page stand for. */
export const SCOPES_OF: Readonly<Record<"read" | "act", readonly TokenScope[]>> = {
  read: ["read"],
  act: ["read", "act"],
};

interface Asking {
  readonly caller: Caller;
  readonly requestId: string;
}

/** Makes a token for the caller. @throws Failure "forbidden" for who came with a token; "too_many_requests", "unavailable" */
export async function makeToken(
  wish: Omit<TokenWish, "person">,
  { caller, requestId }: Asking,
  deps: Pick<PageDeps, "tokens" | "directory">,
): Promise<{ token: ApiToken; text: string }> {
  sessionOf(caller, "make tokens");
  requireRole(caller, "viewer");
  const { actor, door } = caller;
  const { name, scopes, days } = wish;
  const made = await deps.tokens.make({ ...wish, person: actor.id }, (id) =>
    auditEntry({
      ...{ event: "access", actor: actor.id, door, identity: caller.identity, action: "token-made" },
      ...{ targets: [actor.id], requestId, after: { token: id, name, scopes, days } },
    }),
  );
  // It is good at once on this replica, and on the others when they look next.
  await deps.directory.refreshStored();
  return made;
}

/** Ends a token of the caller's; an admin ends anybody's. @throws Failure "not_found", "unavailable" */
export async function revokeToken(
  id: string,
  { caller, requestId }: Asking,
  deps: Pick<PageDeps, "tokens" | "directory">,
): Promise<void> {
  const { actor, door } = caller;
  const by = { id: actor.id, person: hasRole(actor, "admin") ? null : actor.id };
  const audit = auditEntry({
    ...{ event: "access", actor: actor.id, door, identity: caller.identity, action: "token-revoked" },
    ...{ requestId, before: { token: id } },
  });
  if (!(await deps.tokens.revoke(id, by, audit)))
    throw new Failure("not_found", "you have no such token in force", { found: id.slice(0, 40) });
  await deps.directory.refreshStored();
}

function sessionOf({ session }: Caller, what: string): NonNullable<Caller["session"]> {
  if (session !== undefined) return session;
  throw new Failure("forbidden", `a token cannot ${what}: a person signs in for that`, {
    rule: "needs-session",
    next: "Sign in at /sign-in.",
  });
}

const listQuery = z.strictObject({ of: z.enum(["everybody"]).optional().describe("everybody's, for admins") });

/** Sessions and tokens over HTTP. */
export function registerOwnTokens(api: App, deps: PageDeps): void {
  registerSession(api);
  const list = {
    ...{ tags: ["tokens"], summary: "Your API tokens, newest first; for admins also everybody's" },
    ...{ querystring: listQuery, response: { 200: apiTokens } },
  };
  api.get("/tokens", { schema: list }, async (request) => {
    const caller = callerOf(request);
    requireScope(caller, "read");
    const isAll = request.query.of === "everybody";
    if (isAll) requireRole(caller, "admin");
    const tokens = await deps.tokens.list(isAll ? null : caller.actor.id);
    return { tokens: tokens.map((token) => apiToken.parse(token)) };
  });
  const make = {
    ...{ tags: ["tokens"], summary: "Make an API token; only with a session, never with a token" },
    ...{ querystring: noQuery, body: tokenRequest, response: { 201: apiMadeToken } },
  };
  api.post("/tokens", { schema: make }, async (request, reply) => {
    const caller = callerOf(request);
    const { name, scopes, days } = request.body;
    const wish = { name, days, scopes: [...new Set(scopes)] };
    const made = await makeToken(wish, { caller, requestId: request.id }, deps);
    return reply.code(201).send({ token: apiToken.parse(made.token), text: made.text });
  });
  const revoke = {
    ...{ tags: ["tokens"], summary: "End a token of yours; admins end anybody's. It counts everywhere within 2 s" },
    ...{
      querystring: noQuery,
      params: z.strictObject({ id: tokenId }),
      response: { 200: z.object({ id: z.string() }) },
    },
  };
  api.post("/tokens/:id/revoke", { schema: revoke }, async (request) => {
    const caller = callerOf(request);
    requireScope(caller, "act");
    await revokeToken(request.params.id, { caller, requestId: request.id }, deps);
    return { id: request.params.id };
  });
}

function registerSession(api: App): void {
  const schema = {
    ...{ tags: ["tokens"], summary: "Who is signed in at the pages, and what a page sends with its changes" },
    ...{ querystring: noQuery, response: { 200: apiSession } },
  };
  api.get("/session", { schema }, async (request) => {
    const caller = callerOf(request);
    const { formToken, createdAt } = sessionOf(caller, "have a session");
    const { id, name, role, source } = caller.actor;
    const endsAt = createdAt + SESSION_LONGEST_SECONDS * 1000;
    return { person: { id, name, role, source }, formToken, startedAt: createdAt, endsAt };
  });
}
