import type { SlackUser } from "@rollcall/core/adapters/slack/user-lookup.ts";
import { auditEntry } from "@rollcall/core/domain/audit.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { LINK_SECONDS, type SlackUserKey } from "@rollcall/core/ports/slack-links.ts";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { noQuery } from "../http/query.ts";
import { html, type Markup } from "./html.ts";
import { formToken, type Pages, type SignedInCaller } from "./page-scope.ts";

const params = z.strictObject({
  text: z.string().regex(/^rl_[A-Za-z0-9_-]{43}$/, "the address that Slack showed you"),
});
const linkForm = z.strictObject({ csrf: formToken });
const hidden = { hide: true };

/** From the address that `link` gave in Slack to the link itself, which its owner confirms. */
export function registerLinking(pages: Pages): void {
  const { scope, deps, cookies } = pages;
  scope.get("/link/:text", { schema: { ...hidden, params, querystring: noQuery } }, async (request, reply) => {
    cookies.link.set(reply, request.params.text, LINK_SECONDS);
    // Out of the address, which histories keep.
    return reply.redirect("/link", 303);
  });
  scope.get("/link", { schema: { ...hidden, querystring: noQuery } }, async (request, reply) => {
    const { key } = await proposedIn(pages, request);
    const caller = await pages.who(request, reply);
    if (caller === null) return pages.show(reply, { title: "Link your Slack user", who: null, body: SIGN_IN_FIRST });
    const slack = await lookedUp(key, caller, pages);
    const body = question(slack, key, caller);
    return pages.show(reply, { title: "Link your Slack user", who: caller.actor.name, body });
  });
  scope.post("/link", { schema: { ...hidden, querystring: noQuery, body: linkForm } }, async (request, reply) => {
    const caller = await pages.whoPosts(request, reply);
    const { key, text } = await proposedIn(pages, request);
    const slack = await lookedUp(key, caller, pages);
    const { google } = caller.session;
    const linked = await deps.links.link(text, google, ({ team, user }) =>
      auditEntry({
        ...{ event: "access", actor: caller.actor.id, door: "page", action: "linked", targets: [caller.actor.id] },
        ...{ requestId: request.id, after: { slack: `${team}/${user}`, google } },
      }),
    );
    cookies.link.clear(reply);
    if (linked === null) throw tooLate();
    await deps.directory.refreshStored();
    const body = html`<p>In Slack, <strong>${slack.name}</strong> is you from now on. <code>/fleet whoami</code> says so there.</p>
<p><a class="button" href="/me">Done</a></p>`;
    return pages.show(reply, { title: "Linked", who: caller.actor.name, body });
  });
}

/** @throws Failure "expired" */
async function proposedIn({ deps, cookies }: Pages, request: FastifyRequest) {
  const text = cookies.link.read(request) ?? "";
  const key = await deps.links.proposed(text);
  if (key === null) throw tooLate();
  return { key, text };
}

const tooLate = (): Failure =>
  new Failure("expired", "this address for linking was used, or its ten minutes are over", {
    next: "Type /fleet link in Slack for another one.",
  });

/**
 * What Slack says of the user now. The address may have been sent on: who opens it must be whom Slack's mail proposes, or
 * somebody could have another person's rights given to their own Slack user by a click.
 * @throws Failure "forbidden", "unavailable"
 */
async function lookedUp({ user }: SlackUserKey, { actor }: SignedInCaller, { deps }: Pages): Promise<SlackUser> {
  const slack = await deps.lookUpSlack(user);
  if (slack.objection !== null)
    throw new Failure("forbidden", `Slack says this user is ${slack.objection}`, { rule: "slack-identity" });
  const mails = deps.directory.byId(actor.id)?.mails.map((mail) => mail.toLowerCase()) ?? [];
  if (slack.mail !== null && mails.includes(slack.mail)) return slack;
  throw new Failure(
    "forbidden",
    `this address was made for the Slack user ${slack.name}, who is not ${actor.name} by Slack's mail`,
    {
      found: slack.mail ?? "no mail",
      allowed: mails,
      next: "If that is you, give Slack the mail of your Google account first. If somebody sent you the address, tell an admin.",
      rule: "link-mail",
    },
  );
}

const SIGN_IN_FIRST = html`<p>Say who you are first. You come back here.</p>
<p><a class="button" href="/auth/google">Sign in with Google</a></p>`;

const question = (
  { name, mail }: SlackUser,
  { team, user }: SlackUserKey,
  { actor, session }: SignedInCaller,
): Markup =>
  html`
<dl>
<dt>Slack user</dt><dd>${name} (${user}, workspace ${team})</dd>
<dt>Slack's mail</dt><dd>${mail ?? "none"}</dd>
<dt>You are</dt><dd>${actor.name} (${actor.id}), ${actor.role ?? "no role"}</dd>
</dl>
<p class="notice">Whoever is signed in as this Slack user will act as you. Go on only if you typed <code>/fleet link</code> yourself.</p>
<form method="post" action="/link">
<input type="hidden" name="csrf" value="${session.formToken}">
<button type="submit" class="go">Link</button>
</form>`;
