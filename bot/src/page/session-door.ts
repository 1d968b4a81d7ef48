import { createHmac, timingSafeEqual } from "node:crypto";
import { auditEntry } from "@rollcall/core/domain/audit.ts";
import { Failure, isFailure } from "@rollcall/core/domain/failure.ts";
import { personActor } from "@rollcall/core/person-actor.ts";
import { rightsOf } from "@rollcall/core/policy.ts";
import { TOKEN_SCOPES } from "@rollcall/core/ports/api-tokens.ts";
import { SESSION_LONGEST_SECONDS, type Session } from "@rollcall/core/ports/sessions.ts";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Caller, CallerSession } from "../http/authentication.ts";
import { createCookie } from "./cookies.ts";
import type { PageDeps, Shared } from "./deps.ts";

/** People who signed in at our own pages, by their cookie. */
export interface SessionDoor {
  /** Whether the request comes with a session's cookie. */
  has(request: FastifyRequest): boolean;
  /** @throws Failure "unauthenticated", "forbidden", "unavailable" */
  identify(request: FastifyRequest, reply: FastifyReply): Promise<Caller>;
  /** The same without asking anybody: whether the session still stood a moment ago. */
  knownAgain(session: CallerSession): Caller | null;
  /** Gives the browser the session. */
  give(reply: FastifyReply, cookie: string): void;
  take(reply: FastifyReply): void;
}

/** Header in which a script of a page proves that it could read an answer of ours. */
const FORM_HEADER = "x-rollcall-csrf";
const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);
const NEXT = "Sign in again at /sign-in.";

export function createSessionDoor(deps: PageDeps, shared: Pick<Shared, "ports">): SessionDoor {
  const cookie = createCookie("rollcall", deps.publicUrl);
  const origin = new URL(deps.publicUrl).origin;
  const callerOf = (session: Pick<Session, "id" | "google" | "createdAt">): Caller | null => {
    const person = deps.directory.byGoogle(session.google);
    if (person === null) return null;
    const { id, google, createdAt } = session;
    return {
      actor: personActor(person, rightsOf(shared.ports)),
      door: "page",
      identity: `session:${id.slice(0, 8)}`,
      tokenId: null,
      scopes: TOKEN_SCOPES,
      session: { id, google, createdAt, formToken: formTokenOf(deps.formKey, id) },
    };
  };
  const end = async (session: { id: string; google: string }, rule: string): Promise<void> => {
    await deps.sessions.end(session.id, endingRow(session, deps, rule));
  };
  const find = async (request: FastifyRequest, reply: FastifyReply): Promise<Session> => {
    const found = await deps.sessions.use(cookie.read(request) ?? "");
    if (found !== null && !("stolen" in found)) return found;
    cookie.clear(reply);
    if (found === null) throw ended("your session has ended");
    await end(found.stolen, "session-reused");
    throw ended("an earlier cookie of this session came back, so somebody has a copy of it: it has ended");
  };
  return {
    has: (request) => cookie.read(request) !== null,
    async identify(request, reply) {
      requireOwnOrigin(request, origin);
      const found = await find(request, reply);
      const renewed = await confirmIfDue(found, request, { deps, end });
      if (renewed !== null) cookie.set(reply, renewed, SESSION_LONGEST_SECONDS);
      const caller = callerOf(found);
      if (caller === null) throw notAPerson(deps);
      if (!SAFE.has(request.method)) requireFormToken(request, caller.session?.formToken ?? "");
      return caller;
    },
    knownAgain: (session) => (deps.directory.hasSession(session.id) ? callerOf(session) : null),
    give: (reply, text) => cookie.set(reply, text, SESSION_LONGEST_SECONDS),
    take: (reply) => cookie.clear(reply),
  };
}

/** Who came from Google and is on no list here. */
export const notAPerson = ({ directory }: Pick<PageDeps, "directory">): Failure =>
  new Failure("forbidden", `nobody of ${directory.source} is you`, {
    rule: "not-a-member",
    next: "An admin adds your Google account to a group, or to access.yaml.",
  });

const ended = (message: string): Failure => new Failure("unauthenticated", message, { next: NEXT, rule: "session" });

/** A session's cookie goes along with requests of any page; only pages of ours may use it. @throws Failure "forbidden" */
function requireOwnOrigin({ headers, method }: FastifyRequest, own: string): void {
  const { origin } = headers;
  if (origin === own || (origin === undefined && SAFE.has(method))) return;
  throw new Failure("forbidden", "a page of another site may not act in your name", {
    found: origin?.slice(0, 200) ?? "no origin",
    allowed: [own],
    next: `Open ${own} itself.`,
    rule: "origin",
  });
}

const formTokenOf = (key: Buffer, session: string): string =>
  createHmac("sha256", key).update(session).digest("base64url");

/** Forms of pages are checked when their body is read. @throws Failure "forbidden" */
function requireFormToken({ headers }: FastifyRequest, expected: string): void {
  const sent = headers[FORM_HEADER];
  const isForm = (headers["content-type"] ?? "").startsWith("application/x-www-form-urlencoded");
  if (isForm || isFormToken(typeof sent === "string" ? sent : "", expected)) return;
  throw formRefusal(`Send the header ${FORM_HEADER} with what GET /api/v1/session says.`);
}

/** Whether a form was made for this session. */
export const isFormToken = (sent: string, expected: string): boolean =>
  sent.length === expected.length && timingSafeEqual(Buffer.from(sent), Buffer.from(expected));

export const formRefusal = (next: string): Failure =>
  new Failure("forbidden", "the request does not prove that it comes from a page of ours", { next, rule: "csrf" });

interface Confirming {
  readonly deps: PageDeps;
  readonly end: (session: Session, rule: string) => Promise<void>;
}

/** Asks Google now and then whether the account stands. @returns the cookie's new text, or null @throws Failure "unauthenticated" */
async function confirmIfDue(
  session: Session,
  { headers, log }: FastifyRequest,
  { deps, end }: Confirming,
): Promise<string | null> {
  // The answer of an upgrade brings no cookie.
  if (!session.isConfirmationDue || headers.upgrade !== undefined) return null;
  const claimed = await deps.sessions.claimConfirmation(session.id);
  if (claimed === null) return null;
  const grant = claimed.grant === null ? null : deps.seal.open(claimed.grant);
  try {
    const confirmed = grant === null ? null : await deps.signIn.confirm(grant, session.google);
    if (confirmed !== null)
      return await deps.sessions.confirm(session.id, confirmed.grant === null ? null : deps.seal.seal(confirmed.grant));
  } catch (error) {
    if (!isFailure(error) || error.code !== "unavailable") throw error;
    // Rights do not rest on this: they have their own age and their own end.
    log.warn({ err: error }, "Google did not say whether an account still stands");
    return null;
  }
  await end(session, "account-ended");
  throw ended("Google no longer vouches for this sign-in");
}

const endingRow = ({ id, google }: { id: string; google: string }, { directory }: PageDeps, rule: string) =>
  auditEntry({
    event: "authentication",
    actor: directory.byGoogle(google)?.id ?? `google:${google}`,
    door: "page",
    identity: `session:${id.slice(0, 8)}`,
    action: "session-ended",
    decision: "refused",
    rule,
  });
