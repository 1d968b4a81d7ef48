import { type AppPlugin, PluginExtensionPoints } from "@grafana/data";

const BASE = "/a/rollcall-fleet-app";

/** What the command palette and the menus of panels offer; each is declared in plugin.json too. */
export const LINKS = [
  { title: "Rollcall: overview", description: "What fires, what runs, what waits for you", path: `${BASE}/overview` },
  { title: "Rollcall: agents", description: "Everyone who should exist, the sick first", path: `${BASE}/agents` },
  { title: "Rollcall: roll call", description: "Let every agent prove that it works", path: `${BASE}/roll-call` },
  {
    title: "Rollcall: restart…",
    description: "Opens the form; nothing is done yet",
    path: `${BASE}/agents?do=restart`,
  },
] as const;

export const PANEL_LINK = {
  title: "Open agent in Rollcall",
  description: "The agent that this panel's variable or legend names",
};

export function addPaletteLinks<Settings extends object>(plugin: AppPlugin<Settings>): AppPlugin<Settings> {
  for (const link of LINKS) plugin.addLink({ ...link, targets: PluginExtensionPoints.CommandPalette });
  plugin.addLink({
    ...PANEL_LINK,
    path: `${BASE}/agents`,
    targets: PluginExtensionPoints.DashboardPanelMenu,
    configure: (context) => {
      const agent = agentOf(context);
      return agent === null ? undefined : { path: `${BASE}/agents/${encodeURIComponent(agent)}` };
    },
  });
  return plugin;
}

/** The agent that a dashboard is about: its variable `agent`, if that names one. */
export function agentOf(context: unknown): string | null {
  const scoped = (context as { scopedVars?: Record<string, { value?: unknown }> } | undefined)?.scopedVars?.agent
    ?.value;
  const named = scoped ?? new URLSearchParams(window.location.search).get("var-agent");
  return typeof named === "string" && /^[a-z0-9][a-z0-9._-]{0,99}$/.test(named) ? named : null;
}
