import { auditEntry } from "@rollcall/core/domain/audit.ts";
import { z } from "zod";
import { noQuery } from "../http/query.ts";
import { buttonForm, html, type Markup } from "./html.ts";
import { formToken, type Pages, type SignedInCaller } from "./page-scope.ts";

const plainForm = z.strictObject({ csrf: formToken });
const hidden = { hide: true };

/** Who somebody is here, which Slack users are theirs, and the way out. */
export function registerMe(pages: Pages): void {
  const { scope, deps } = pages;
  scope.get("/me", { schema: { ...hidden, querystring: noQuery } }, async (request, reply) => {
    const caller = await pages.who(request, reply);
    if (caller === null) return reply.redirect("/sign-in", 303);
    return pages.show(reply, { title: caller.actor.name, who: caller.actor.name, body: aboutYou(pages, caller) });
  });
  scope.post("/me/unlink", { schema: { ...hidden, querystring: noQuery, body: plainForm } }, async (request, reply) => {
    const { actor, session } = await pages.whoPosts(request, reply);
    await deps.links.unlink(session.google, ({ team, user }) =>
      auditEntry({
        ...{ event: "access", actor: actor.id, door: "page", action: "unlinked", targets: [actor.id] },
        ...{ requestId: request.id, before: { slack: `${team}/${user}`, google: session.google } },
      }),
    );
    await deps.directory.refreshStored();
    return reply.redirect("/me", 303);
  });
  scope.post("/sign-out", { schema: { ...hidden, querystring: noQuery, body: plainForm } }, async (request, reply) => {
    const caller = await pages.whoPosts(request, reply);
    await pages.end(caller, "asked");
    pages.sessions.take(reply);
    return reply.redirect("/sign-in", 303);
  });
  scope.post(
    "/sign-out/everywhere",
    { schema: { ...hidden, querystring: noQuery, body: plainForm } },
    async (request, reply) => {
      const { actor, session } = await pages.whoPosts(request, reply);
      await deps.sessions.endAll(
        session.google,
        auditEntry({
          event: "authentication",
          actor: actor.id,
          door: "page",
          action: "signed-out",
          rule: "everywhere",
        }),
      );
      pages.sessions.take(reply);
      return reply.redirect("/sign-in", 303);
    },
  );
}

function aboutYou({ deps }: Pages, { actor, session }: SignedInCaller): Markup {
  const person = deps.directory.byGoogle(session.google);
  const slack = person?.slack ?? [];
  const token = session.formToken;
  // What a file says of a role is said with the role already.
  const grants = (person?.grants ?? []).filter(({ from }) => from !== actor.source);
  return html`
<dl>
<dt>Id</dt><dd>${actor.id}</dd>
<dt>Mail</dt><dd>${person?.mails.join(", ") || "none"}</dd>
<dt>Role</dt><dd>${actor.role ?? "none"}, from ${actor.source}</dd>
${grants.map(({ role, from, via }) => html`<dt>As ${role}</dt><dd>${[from, ...via].join(" › ")}</dd>`)}
</dl>
<h2>Slack</h2>
${slack.length === 0 ? NOT_LINKED : html`<ul class="rows">${slack.map(({ team, user }) => html`<li><span class="what">${user}, workspace ${team}</span></li>`)}</ul>`}
${slack.length === 0 ? "" : html`<p>${buttonForm({ action: "/me/unlink", token, label: "Unlink Slack", kind: "danger" })}</p>`}
<h2>Leave</h2>
<div class="side-by-side">
${buttonForm({ action: "/sign-out", token, label: "Sign out" })}
${buttonForm({ action: "/sign-out/everywhere", token, label: "Sign out everywhere", kind: "danger" })}
</div>`;
}

const NOT_LINKED = html`<p>No Slack user is linked with you. Type <code>/fleet link</code> in Slack to link yours.</p>`;
