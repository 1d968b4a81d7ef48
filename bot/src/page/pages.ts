import type { App } from "../http/deps.ts";
import { noQuery } from "../http/query.ts";
import { readForm } from "./form.ts";
import { PAGE_HEADERS, STYLE, STYLE_PATH } from "./html.ts";
import { registerLinking } from "./link-pages.ts";
import { registerMe } from "./me-page.ts";
import { createPages, type Pages, showError } from "./page-scope.ts";
import { registerSignIn } from "./sign-in-pages.ts";
import { registerTokenPages } from "./token-pages.ts";

/** Our own pages: sign in, who you are, your Slack user, your tokens. Made on the server, without a script. */
export function registerOwnPages(
  app: App,
  { deps, shared, sessions }: Pick<Pages, "deps" | "shared" | "sessions">,
): void {
  void app.register(async (plain) => {
    const scope = plain as App;
    scope.addHook("onRequest", async (_request, reply) => void reply.headers({ ...PAGE_HEADERS }));
    readForm(scope);
    scope.setErrorHandler(async (error, request, reply) =>
      showError((await shared.failedAttempts?.judge(error, request)) ?? error, request, reply),
    );
    const pages = createPages(scope, { deps, shared, sessions });
    registerStyle(scope);
    scope.get("/", { schema: { hide: true, querystring: noQuery } }, async (_request, reply) =>
      reply.redirect("/me", 303),
    );
    registerSignIn(pages);
    registerMe(pages);
    registerTokenPages(pages);
    registerLinking(pages);
  });
}

function registerStyle(scope: App): void {
  scope.get(STYLE_PATH, { schema: { hide: true, querystring: noQuery } }, async (_request, reply) =>
    reply
      .header("cache-control", "public, max-age=31536000, immutable")
      .type("text/css; charset=utf-8")
      .serializer(String)
      .send(STYLE),
  );
}
