import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { REPOSITORY } from "../stack/layout.ts";
import { actionsOf, maySee, PAGES } from "./manifest.ts";
import { type GrafanaPerson, PEOPLE } from "./people.ts";
import { type PluginSettings, pluginMeta } from "./plugin-settings.ts";
import { sessionOf, signedIn } from "./session.ts";

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
/** Where host/index.html keeps them. */
const BOOT_DATA = '<script type="application/json" id="boot-data">';
const FOLDERS = {
  "/public/plugins/rollcall-fleet-app/": join(REPOSITORY, "grafana-plugin/dist"),
  "/public/host/": HOST_DIST,
  [ICONS]: join(REPOSITORY, "node_modules/@grafana/ui/dist/public/img/icons"),
};

interface PagesParts {
  /** Resolves when what the pages are made of is built. Left out: there are none. */
  readonly built: Promise<unknown> | undefined;
  readonly settings: PluginSettings;
  /** What people prefer, by their keys. */
  readonly languages: ReadonlyMap<string, string>;
}

/** The page that loads the plugin's production bundle, at every address that Grafana would show it at. */
export function addPages(app: FastifyInstance, parts: PagesParts): void {
  const { built } = parts;
  const page = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    if (built === undefined) return reply.code(503).send({ message: "no pages were built" });
    await built;
    const person = signedIn(request) ?? (PEOPLE[0] as GrafanaPerson);
    void reply.header("content-security-policy", POLICY).header("set-cookie", sessionOf(person.key));
    const html = await readFile(join(HOST_DIST, "index.html"), "utf8");
    return reply.type(TYPES[".html"] ?? "").send(withBootData(html, person, parts));
  };
  for (const path of ["/", "/a/*", "/d/*", "/plugins/*", "/login"]) app.get(path, page);
  addMirroredIcon(app);
  for (const [prefix, folder] of Object.entries(FOLDERS))
    app.get<{ Params: { "*": string } }>(`${prefix}*`, async (request, reply) => {
      await built;
      return sendFile(reply, folder, request.params["*"]);
    });
}

/** Who is signed in, what they may see and the plugin's settings stand in the page, as in Grafana's own. */
function withBootData(html: string, person: GrafanaPerson, { settings, languages }: PagesParts): string {
  const { key, login, name, email, role } = person;
  const pages = PAGES.filter((page) => maySee(person, page));
  const data = {
    user: { login, name, email, orgRole: role, permissions: actionsOf(person), pages },
    people: PEOPLE.map((one) => ({ key: one.key, name: one.name })),
    signedIn: key,
    language: languages.get(key) ?? "",
    meta: pluginMeta(settings),
  };
  // An address that an admin entered must not end the element.
  const json = JSON.stringify(data).replaceAll("<", "\\u003c");
  return html.replace(BOOT_DATA, () => `${BOOT_DATA}${json}`);
}

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
