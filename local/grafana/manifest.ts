import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { REPOSITORY } from "../stack/layout.ts";
import type { GrafanaPerson } from "./people.ts";

/** The parts of a plugin.json that Grafana's proxy and navigation go by. */
const Manifest = z.object({
  id: z.string(),
  name: z.string(),
  languages: z.array(z.string()),
  includes: z.array(
    z.discriminatedUnion("type", [
      z.object({
        type: z.literal("page"),
        name: z.string(),
        path: z.string().transform((path) => path.replaceAll("%PLUGIN_ID%", "rollcall-fleet-app")),
        role: z.enum(["Viewer", "Editor", "Admin"]),
        action: z.string(),
        addToNav: z.boolean().default(false),
        defaultNav: z.boolean().default(false),
      }),
      z.object({ type: z.literal("dashboard"), name: z.string(), path: z.string() }),
    ]),
  ),
  roles: z.array(
    z.object({
      role: z.object({ permissions: z.array(z.object({ action: z.string() })) }),
      grants: z.array(z.string()),
    }),
  ),
  routes: z.array(
    z.object({
      path: z.string(),
      method: z.string(),
      url: z.string(),
      reqAction: z.string().optional(),
      headers: z.array(z.object({ name: z.string(), content: z.string() })).default([]),
    }),
  ),
});
export type Manifest = z.output<typeof Manifest>;
/** One route of a plugin, as its plugin.json declares it. */
export type PluginRoute = Manifest["routes"][number];

export const MANIFEST: Manifest = Manifest.parse(
  JSON.parse(readFileSync(join(REPOSITORY, "grafana-plugin/src/plugin.json"), "utf8")),
);

export const PAGES = MANIFEST.includes.filter((one) => one.type === "page");
/** Boards that Grafana imports when the app is enabled; paths below the plugin's folder. */
export const DASHBOARDS = MANIFEST.includes.filter((one) => one.type === "dashboard");

const RANK = { Viewer: 0, Editor: 1, Admin: 2 } as const;

/** What Grafana lets somebody do with the plugin: each role is granted to an organisation's role and those above it. */
export function actionsOf({ role }: Pick<GrafanaPerson, "role">): string[] {
  const granted = MANIFEST.roles.filter(({ grants }) =>
    grants.some((grant) => grant in RANK && RANK[grant as keyof typeof RANK] <= RANK[role]),
  );
  return ["plugins.app:access", ...granted.flatMap((one) => one.role.permissions.map(({ action }) => action))];
}

/** Whether Grafana shows a page to somebody. */
export const maySee = (
  person: Pick<GrafanaPerson, "role">,
  page: { role: keyof typeof RANK; action: string },
): boolean => RANK[page.role] <= RANK[person.role] && actionsOf(person).includes(page.action);
