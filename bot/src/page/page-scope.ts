import { auditEntry } from "@rollcall/core/domain/audit.ts";
import { Failure, isFailure } from "@rollcall/core/domain/failure.ts";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Caller } from "../http/authentication.ts";
import type { App } from "../http/deps.ts";
import { shownError } from "../http/errors.ts";
import { type Cookie, createCookie } from "./cookies.ts";
import type { PageDeps, Shared } from "./deps.ts";
import { html, type Markup, pageOf } from "./html.ts";
import { formRefusal, isFormToken, type SessionDoor } from "./session-door.ts";

/** What each page is given. */
export interface Pages {
  readonly scope: App;
  readonly deps: PageDeps;
  readonly shared: Shared;
  readonly sessions: SessionDoor;
  readonly cookies: { readonly attempt: Cookie; readonly link: Cookie };
  readonly now: () => number;
  /** Who has the page open; null: nobody who is signed in. @throws Failure "forbidden", "unavailable" */
  who(request: FastifyRequest, reply: FastifyReply): Promise<SignedInCaller | null>;
  /** The same for a form: it must be one of this session. @throws Failure "unauthenticated", "forbidden" */
  whoPosts(request: FastifyRequest, reply: FastifyReply): Promise<SignedInCaller>;
  end(caller: SignedInCaller, rule: string): Promise<void>;
  show(reply: FastifyReply, page: { title: string; who: string | null; body: Markup }): FastifyReply;
}

/** A caller by a session. */
export type SignedInCaller = Caller & { readonly session: NonNullable<Caller["session"]> };

/** The parts of a page that are the same everywhere. */
export function createPages(
  scope: App,
  { deps, shared, sessions }: Pick<Pages, "deps" | "shared" | "sessions">,
): Pages {
  const who: Pages["who"] = async (request, reply) => {
    if (!sessions.has(request)) return null;
    const caller = await sessions.identify(request, reply).catch((error: unknown) => {
      if (isFailure(error) && error.code === "unauthenticated") return null;
      throw error;
    });
    return caller?.session === undefined ? null : { ...caller, session: caller.session };
  };
  return {
    ...{ scope, deps, shared, sessions, who },
    cookies: {
      attempt: createCookie("rollcall-sign-in", deps.publicUrl),
      link: createCookie("rollcall-link", deps.publicUrl),
    },
    now: () => shared.ports.clock.now(),
    async whoPosts(request, reply) {
      const caller = await who(request, reply);
      if (caller === null) throw new Failure("unauthenticated", "your session has ended", { next: "Sign in again." });
      const { csrf = "" } = (request.body ?? {}) as { csrf?: string };
      if (!isFormToken(csrf, caller.session.formToken)) throw formRefusal("Open the page again and repeat it there.");
      return caller;
    },
    async end({ actor, session }, rule) {
      await deps.sessions.end(
        session.id,
        auditEntry({
          ...{ event: "authentication", actor: actor.id, door: "page", identity: `session:${session.id.slice(0, 8)}` },
          ...{ action: "signed-out", rule },
        }),
      );
    },
    show: (reply, page) => sendHtml(reply, pageOf(page)),
  };
}

const sendHtml = (reply: FastifyReply, text: string): FastifyReply =>
  reply.type("text/html; charset=utf-8").serializer(String).send(text);

/** A failure as a page. */
export function showError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, body } = shownError(error, request, reply);
  const { message, found, allowed, next, id } = body;
  return sendHtml(
    reply.code(status),
    pageOf({
      title: status >= 500 ? "That did not work" : "That is not possible",
      who: null,
      body: html`<p>${message}.</p>
${found === null ? "" : html`<p>Found: ${found}</p>`}
${allowed.length === 0 ? "" : html`<p>Allowed: ${allowed.join(", ")}</p>`}
${next === null ? "" : html`<p>${next}</p>`}
<p><a class="button" href="/sign-in">Sign in</a></p>
<p class="faint">Reference: ${id}</p>`,
    }),
  );
}

/** The field that each form has. */
export const formToken = z.string().max(100);
