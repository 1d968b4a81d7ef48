import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { readBody } from "../stand-in/read-body.ts";
import { MANIFEST } from "./manifest.ts";
import { signedIn } from "./session.ts";

/** What an admin enters. */
export interface PluginSettings {
  /** Address of the control service: `http://127.0.0.1:8080`. */
  upstream: string;
  pluginSecret: string;
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

/** The plugin as Grafana tells of it. A secret never comes back. */
export const pluginMeta = (settings: PluginSettings) => ({
  ...{ id: MANIFEST.id, name: MANIFEST.name, type: "app", enabled: true, pinned: true },
  ...{ baseUrl: "public/plugins/rollcall-fleet-app", module: "public/plugins/rollcall-fleet-app/module.js" },
  translations: TRANSLATIONS,
  jsonData: { url: settings.upstream },
  secureJsonFields: { secret: settings.pluginSecret !== "" },
});

/** What Grafana's own pages ask of a plugin, and how an admin sets it. */
export function addPluginSettings(app: FastifyInstance, settings: PluginSettings): void {
  app.get("/api/plugins/rollcall-fleet-app/settings", async (request, reply) =>
    signedIn(request) === null ? reply.code(401).send({ message: "Unauthorized" }) : pluginMeta(settings),
  );

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
