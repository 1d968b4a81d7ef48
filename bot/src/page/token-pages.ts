import { hasRole } from "@rollcall/core/domain/actor.ts";
import { type ApiToken, LONGEST_TOKEN_DAYS } from "@rollcall/core/ports/api-tokens.ts";
import { z } from "zod";
import { makeToken, revokeToken, SCOPES_OF, tokenName } from "../http/own-tokens.ts";
import { buttonForm, html, type Markup } from "./html.ts";
import { formToken, type Pages, type SignedInCaller } from "./page-scope.ts";

const DAYS = ["1", "7", "30", String(LONGEST_TOKEN_DAYS)] as const;
const listQuery = z.strictObject({ of: z.enum(["everybody"]).optional() });
const makeForm = z.strictObject({
  csrf: formToken,
  name: tokenName,
  use: z.enum(["read", "act"]),
  days: z.enum(DAYS),
});
const revokeForm = z.strictObject({ csrf: formToken, id: z.string().max(40) });
const hidden = { hide: true };
const noQuery = z.strictObject({});

/** A person's API tokens: what there are, a new one, and the end of one. */
export function registerTokenPages(pages: Pages): void {
  const { scope, deps } = pages;
  scope.get("/tokens", { schema: { ...hidden, querystring: listQuery } }, async (request, reply) => {
    const caller = await pages.who(request, reply);
    if (caller === null) return reply.redirect("/sign-in", 303);
    const isAll = request.query.of === "everybody" && hasRole(caller.actor, "admin");
    const tokens = await deps.tokens.list(isAll ? null : caller.actor.id);
    const body = listing({ tokens, caller, isAll, now: pages.now() });
    return pages.show(reply, { title: isAll ? "Everybody's tokens" : "My tokens", who: caller.actor.name, body });
  });
  scope.post("/tokens", { schema: { ...hidden, querystring: noQuery, body: makeForm } }, async (request, reply) => {
    const caller = await pages.whoPosts(request, reply);
    const { name, use, days } = request.body;
    const wish = { name, scopes: SCOPES_OF[use], days: Number(days) };
    const { token, text } = await makeToken(wish, { caller, requestId: request.id }, deps);
    return pages.show(reply, { title: "Your new token", who: caller.actor.name, body: shownOnce(token, text) });
  });
  scope.post(
    "/tokens/revoke",
    { schema: { ...hidden, querystring: noQuery, body: revokeForm } },
    async (request, reply) => {
      const caller = await pages.whoPosts(request, reply);
      await revokeToken(request.body.id, { caller, requestId: request.id }, deps);
      return reply.redirect("/tokens", 303);
    },
  );
}

interface Listing {
  readonly tokens: readonly ApiToken[];
  readonly caller: SignedInCaller;
  readonly isAll: boolean;
  readonly now: number;
}

function listing({ tokens, caller, isAll, now }: Listing): Markup {
  const { formToken: token } = caller.session;
  const inForce = tokens.filter(({ revokedAt, expiresAt }) => revokedAt === null && expiresAt > now);
  const isAdmin = hasRole(caller.actor, "admin");
  return html`
<p>A token lets a program or the terminal act as you, with the rights you have at that moment. It can never approve anything.</p>
${
  inForce.length === 0
    ? html`<p>There is none in force.</p>`
    : html`<ul class="rows">${inForce.map((one) => tokenRow(one, { token, isAll }))}</ul>`
}
${isAdmin ? html`<p>${isAll ? html`<a href="/tokens">Only mine</a>` : html`<a href="/tokens?of=everybody">Everybody's</a>`}</p>` : ""}
<h2>Make one</h2>
<form method="post" action="/tokens" class="fields">
<input type="hidden" name="csrf" value="${token}">
<label>What it is for <input type="text" name="name" required maxlength="60" autocomplete="off" placeholder="terminal on my laptop"></label>
<fieldset><legend>It may</legend>
<label><input type="radio" name="use" value="read" checked> only look</label>
<label><input type="radio" name="use" value="act"> look and change</label>
</fieldset>
<label>It ends after <select name="days">${DAYS.map((days) => html`<option value="${days}"${days === "30" ? html` selected` : ""}>${days === "1" ? "1 day" : `${days} days`}</option>`)}</select></label>
<p><button type="submit" class="go">Make a token</button></p>
</form>`;
}

const tokenRow = (one: ApiToken, { token, isAll }: { token: string; isAll: boolean }): Markup => html`<li>
<span class="what"><strong>${one.name}</strong> <span class="faint">${one.id}${isAll ? ` of ${one.person}` : ""}</span><br>
<span class="faint">may ${one.scopes.includes("act") ? "look and change" : "only look"} · ends ${dayOf(one.expiresAt)} · ${one.lastUsedOn === null ? "never used" : `last used ${one.lastUsedOn}`}</span></span>
${buttonForm({ action: "/tokens/revoke", token, label: "Revoke", kind: "danger", fields: { id: one.id } })}
</li>`;

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

const shownOnce = ({ id, name, expiresAt }: ApiToken, text: string): Markup => html`
<p class="notice">It is shown once. Copy it now: nobody, not even an admin, can show it again.</p>
<p><code class="secret">${text}</code></p>
<dl><dt>Name</dt><dd>${name}</dd><dt>Id</dt><dd>${id}</dd><dt>Ends</dt><dd>${dayOf(expiresAt)}</dd></dl>
<p>Send it as <code>Authorization: Bearer rc_…</code>, or set <code>ROLLCALL_TOKEN</code> for the terminal.</p>
<p><a class="button" href="/tokens">Done</a></p>`;
