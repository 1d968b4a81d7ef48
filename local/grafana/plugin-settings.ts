import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { readBody } from "../stand-in/read-body.ts";
import { actionsOf, MANIFEST, maySee, PAGES } from "./manifest.ts";
import type { GrafanaPerson } from "./people.ts";

interface SettingsParts {
  readonly settings: { pluginSecret: string; upstream: string };
  readonly signedIn: (request: FastifyRequest) => GrafanaPerson | null;
}

/** Where the texts of each language are, for who loads the plugin. */
const TRANSLATIONS = Object.fromEntries(
  MANIFEST.languages.map((one) => [one, `public/plugins/${MANIFEST.id}/locales/${one}/${MANIFEST.id}.json`]),
);

const Body = z.object({
  enabled: z.boolean(),
  pinned: z.boolean(),
  jsonData: z.object({ url: z.string() }),
  secureJsonData: z.object({ secret: z.string() }).optional(),
});

/** What Grafana's own pages ask: who is signed in, what they may see, and the plugin's settings. A secret never comes back. */
export function addPluginSettings(app: FastifyInstance, { settings, signedIn }: SettingsParts): void {
  app.get("/api/user", async (request, reply) => {
    const person = signedIn(request);
    if (person === null) return reply.code(401).send({ message: "Unauthorized" });
    const { login, name, email, role } = person;
    const pages = PAGES.filter((page) => maySee(person, page));
    return { login, name, email, orgRole: role, permissions: actionsOf(person), pages };
  });

  app.get("/api/plugins/rollcall-fleet-app/settings", async (request, reply) => {
    if (signedIn(request) === null) return reply.code(401).send({ message: "Unauthorized" });
    return {
      ...{ id: MANIFEST.id, name: MANIFEST.name, type: "app", enabled: true, pinned: true },
      ...{ baseUrl: "public/plugins/rollcall-fleet-app", module: "public/plugins/rollcall-fleet-app/module.js" },
      translations: TRANSLATIONS,
      jsonData: { url: settings.upstream },
      secureJsonFields: { secret: settings.pluginSecret !== "" },
    };
  });

  app.post("/api/plugins/rollcall-fleet-app/settings", async (request, reply) => {
    const person = signedIn(request);
    if (person === null) return reply.code(401).send({ message: "Unauthorized" });
    if (person.role !== "Admin")
      return reply.code(403).send({ message: "You'll need additional permissions to perform this action" });
    const { jsonData, secureJsonData } = readBody(request, Body);
    const pluginSecret = secureJsonData?.secret ?? settings.pluginSecret;
    Object.assign(settings, { upstream: jsonData.url.replace(/\/$/, ""), pluginSecret });
    return { message: "Plugin settings updated" };
  });
}
