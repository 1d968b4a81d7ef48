import { auditEntry } from "@rollcall/core/domain/audit.ts";
import { Failure, isFailure } from "@rollcall/core/domain/failure.ts";
import type { RefusalReason } from "@rollcall/core/ports/attempts.ts";
import { SIGN_IN_SECONDS } from "@rollcall/core/ports/sessions.ts";
import type { SignedIn } from "@rollcall/core/ports/sign-in.ts";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { noQuery } from "../http/query.ts";
import { CALLBACK_PATH } from "../sign-in-settings.ts";
import { beginAttempt, resumeAttempt } from "./attempt.ts";
import { html } from "./html.ts";
import type { Pages } from "./page-scope.ts";
import { notAPerson } from "./session-door.ts";

/** Google adds more than we asked for. */
const callback = z.object({
  code: z.string().min(1).max(2000).optional(),
  state: z.string().max(200).optional(),
  error: z.string().max(200).optional(),
});

/** The way to Google and back. */
export function registerSignIn(pages: Pages): void {
  const { scope, deps, cookies, who } = pages;
  scope.get("/sign-in", { schema: { hide: true, querystring: noQuery } }, async (request, reply) => {
    const caller = await who(request, reply);
    return pages.show(reply, {
      title: "Sign in",
      who: caller?.actor.name ?? null,
      body: invitation(pages, caller !== null),
    });
  });
  scope.get("/auth/google", { schema: { hide: true, querystring: noQuery } }, async (_request, reply) => {
    const attempt = beginAttempt(pages.now());
    const { state, nonce, challenge } = attempt;
    const address = await deps.signIn.addressFor({ state, nonce, challenge });
    cookies.attempt.set(reply, attempt.text, SIGN_IN_SECONDS);
    return reply.redirect(address, 303);
  });
  scope.get(CALLBACK_PATH, { schema: { hide: true, querystring: callback } }, async (request, reply) => {
    try {
      return await comeBack(pages, request, reply);
    } catch (error) {
      noteRefusal(pages, request, error);
      throw error;
    }
  });
}

const invitation = ({ deps, shared }: Pages, isSignedIn: boolean) => html`
<p>The fleet is <strong>${shared.fleet}</strong>. Sign in with your account of <strong>${deps.hostedDomain}</strong>
to link your Slack user and to make API tokens. What you may do follows from ${deps.directory.source}.</p>
<p><a class="button" href="/auth/google">Sign in with Google</a></p>
${isSignedIn ? html`<p class="faint">You are signed in: <a href="/me">go on</a>.</p>` : ""}`;

async function comeBack(pages: Pages, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { deps, cookies } = pages;
  const { code, state, error } = request.query as z.output<typeof callback>;
  const attempt = resumeAttempt(cookies.attempt.read(request), state, pages.now());
  // Whatever comes of it, it is not tried again.
  cookies.attempt.clear(reply);
  if (attempt === null)
    throw new Failure("unauthenticated", "this sign-in was not begun in this browser, or more than ten minutes ago", {
      ...{ rule: "state", next: "Sign in again." },
    });
  if (error !== undefined || code === undefined)
    throw new Failure("unauthenticated", "Google did not sign you in", {
      ...{ rule: "declined", found: error ?? "no code", next: "Sign in again, and agree at Google." },
    });
  const { nonce, verifier } = attempt;
  const signedIn = await deps.signIn.redeem({ code, nonce, verifier });
  const person = deps.directory.byGoogle(signedIn.google);
  if (person === null) throw notAPerson(deps);
  const grant = signedIn.grant === null ? null : deps.seal.seal(signedIn.grant);
  const row = admissionRow(signedIn, person.id, request.id);
  const opened = await deps.sessions.open({ google: signedIn.google, grant, attempt: attempt.text }, row);
  await endEarlier(pages, request, reply);
  pages.sessions.give(reply, opened.cookie);
  return reply.redirect(cookies.link.read(request) === null ? "/me" : "/link", 303);
}

/** A browser has one session: the one before ends, so that its cookie is worth nothing to whoever planted or kept it. */
async function endEarlier(pages: Pages, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const before = await pages.who(request, reply).catch((error: unknown) => {
    if (isFailure(error)) return null;
    throw error;
  });
  if (before?.session !== undefined) await pages.end(before, "signed-in-anew");
}

const admissionRow = ({ google, mail }: SignedIn, person: string, requestId: string) =>
  auditEntry({
    ...{ event: "authentication", actor: person, door: "page", identity: `google:${google}`, action: "signed-in" },
    ...{ decision: "allowed", requestId, detail: { mail } },
  });

const REASONS: Readonly<Record<string, RefusalReason>> = {
  ...{ hd: "not-a-member", "not-a-member": "not-a-member", exp: "expired-credential", iat: "expired-credential" },
  ...{
    signature: "signature",
    alg: "signature",
    kid: "signature",
    declined: "no-credential",
    code: "unknown-credential",
  },
};

function noteRefusal({ shared }: Pages, request: FastifyRequest, error: unknown): void {
  if (!isFailure(error) || (error.code !== "unauthenticated" && error.code !== "forbidden")) return;
  const rule = error.detail.rule ?? "unknown";
  request.log.info({ rule }, "a sign-in was refused");
  const reason = REASONS[rule] ?? "unproven-identity";
  shared.attempts.refused({ event: "authentication", door: "page", reason, identity: `address:${request.ip}` });
}
