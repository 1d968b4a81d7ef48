import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import type { FastifyInstance, FastifyReply } from "fastify";
import { REPOSITORY } from "../stack/layout.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".svg": "image/svg+xml",
  ".css": "text/css; charset=utf-8",
};

/** As Grafana's own template, without what it allows for other plugins: theme styles are written into the page. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

export const HOST_DIST = join(import.meta.dirname, "host/dist");
const ICONS = "/public/build/img/icons/";
const FOLDERS = {
  "/public/plugins/rollcall-fleet-app/": join(REPOSITORY, "grafana-plugin/dist"),
  "/public/host/": HOST_DIST,
  [ICONS]: join(REPOSITORY, "node_modules/@grafana/ui/dist/public/img/icons"),
};

/** The page that loads the plugin's production bundle, at every address that Grafana would show it at. */
export function addPages(app: FastifyInstance, built: Promise<unknown> | undefined): void {
  const page = async (reply: FastifyReply): Promise<unknown> => {
    if (built === undefined) return reply.code(503).send({ message: "no pages were built" });
    await built;
    void reply.header("content-security-policy", POLICY);
    return reply.type(TYPES[".html"] ?? "").send(await readFile(join(import.meta.dirname, "host/index.html")));
  };
  for (const path of ["/", "/a/*", "/d/*", "/plugins/*", "/login"]) app.get(path, (_request, reply) => page(reply));
  addMirroredIcon(app);
  for (const [prefix, folder] of Object.entries(FOLDERS))
    app.get<{ Params: { "*": string } }>(`${prefix}*`, async (request, reply) => {
      await built;
      return sendFile(reply, folder, request.params["*"]);
    });
}

/** Grafana has it, the package of its parts has only the other way round. */
function addMirroredIcon(app: FastifyInstance): void {
  app.get(`${ICONS}unicons/angle-double-left.svg`, async (_request, reply) => {
    const right = await readFile(join(FOLDERS[ICONS], "unicons/angle-double-right.svg"), "utf8");
    const left = right.replace("<path ", '<path transform="matrix(-1 0 0 1 24 0)" ');
    return reply.type(TYPES[".svg"] ?? "").send(left);
  });
}

async function sendFile(reply: FastifyReply, folder: string, path: string): Promise<unknown> {
  const file = normalize(join(folder, path));
  const type = TYPES[extname(file)];
  if (type === undefined || !file.startsWith(`${folder}/`) || !existsSync(file)) return reply.callNotFound();
  // A chunk's name holds a hash of what is in it.
  if (/\.[0-9a-f]{8}\.js$/.test(file)) void reply.header("cache-control", "max-age=31536000, immutable");
  return reply.type(type).send(await readFile(file));
}
