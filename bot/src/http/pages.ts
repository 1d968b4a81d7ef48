import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { agentId } from "@rollcall/core/protocol.ts";
import { z } from "zod";
import type { App, AppDeps } from "./deps.ts";
import { noQuery } from "./query.ts";

const runbook = z.strictObject({
  file: z.string().regex(/^[a-z0-9][a-z0-9-]{0,80}\.md$/, "a name of a-z, 0-9 and -, then .md"),
});
const agent = z.strictObject({ id: agentId });
const operation = z.strictObject({ id: z.string().regex(/^op-\d{1,15}$/, "op- and a number") });
/** Messages link to an agent as it was at a moment, in seconds. */
const moment = z.strictObject({
  at: z
    .string()
    .regex(/^\d{1,12}$/)
    .optional(),
});

/**
 * What links in messages lead to. A browser has no API token, so these pages tell no state: they say where it is shown.
 * Runbooks are for everyone who can reach the service: they are read at 3 a.m. on a phone that is signed in nowhere.
 */
export function registerPages(app: App, { runbookDir }: Pick<AppDeps, "runbookDir">): void {
  const hidden = { hide: true };
  app.get(
    "/runbooks/:file",
    { schema: { ...hidden, params: runbook, querystring: noQuery } },
    async (request, reply) => {
      const text = await readIfThere(join(runbookDir, request.params.file));
      if (text === null) throw new Failure("not_found", `there is no runbook ${request.params.file}`);
      return reply.type("text/plain; charset=utf-8").serializer(String).send(text);
    },
  );
  app.get("/agents/:id", { schema: { ...hidden, params: agent, querystring: moment } }, async (request, reply) =>
    reply.type("text/html; charset=utf-8").serializer(String).send(agentPage(request.params.id)),
  );
  app.get(
    "/operations/:id",
    { schema: { ...hidden, params: operation, querystring: noQuery } },
    async (request, reply) =>
      reply.type("text/html; charset=utf-8").serializer(String).send(operationPage(request.params.id)),
  );
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

const agentPage = (id: string): string =>
  pageOf(id, { slack: `<code>/fleet agent ${id}</code>`, path: "/api/v1/agents" });
const operationPage = (id: string): string =>
  pageOf(id, { slack: "its message is edited to its end", path: "/api/v1/operations" });

/** @param id of a form that needs no escaping: the route has checked it */
function pageOf(id: string, { slack, path }: { slack: string; path: string }): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${id} · Rollcall</title></head>
<body><h1>${id}</h1>
<p>In Slack: ${slack}</p>
<p>Over HTTP, with an API token: <code>GET ${path}/${id}</code></p>
</body></html>
`;
}
