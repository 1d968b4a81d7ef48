import type { AppPlugin } from "@grafana/data";
import { createElement, lazy, type ReactElement, Suspense } from "react";
import { translated } from "./translated.ts";

/** Written out: an older Grafana has not all of their names. */
const PALETTE = "grafana/commandpalette/action";
const PANEL_MENU = "grafana/dashboard/panel/menu";
const ALERT_MENUS = ["grafana/alerting/alertingrule/action", "grafana/alerting/instance/action"];
const BASE = "/a/rollcall-fleet-app";
const ID = /^[a-z0-9][a-z0-9._-]{0,99}$/;

/** What the command palette offers; each is declared in plugin.json too. */
export const LINKS = [
  { title: "Rollcall: overview", description: "What fires, what runs, what waits for you", path: `${BASE}/overview` },
  { title: "Rollcall: alerts", description: "What fires, and who has it", path: `${BASE}/alerts` },
  { title: "Rollcall: agents", description: "Everyone who should exist, the sick first", path: `${BASE}/agents` },
  { title: "Rollcall: operations", description: "What runs, stage by stage, to its end", path: `${BASE}/operations` },
  { title: "Rollcall: requests", description: "What waits for a second person", path: `${BASE}/requests` },
  { title: "Rollcall: roll call", description: "Let every agent prove that it works", path: `${BASE}/roll-call` },
  { title: "Rollcall: logs", description: "What agents and services wrote, as they write it", path: `${BASE}/logs` },
  {
    title: "Rollcall: restart…",
    description: "Opens the form; nothing is done yet",
    path: `${BASE}/agents?do=restart`,
  },
] as const;

export const GO_TO = {
  title: "Rollcall: go to…",
  description: "An agent, op-481, req-31 or a-41207",
};

export const PANEL_LINK = {
  title: "Open agent in Rollcall",
  description: "The agent that this panel's variable or legend names",
};

export const ALERT_LINK = {
  title: "Open alert in Rollcall",
  description: "The incident of this rule, and who has it",
};

/** The badge of one agent, live, for pages of other plugins. */
export const AGENT_STATUS = {
  id: "rollcall-fleet-app/agent-status/v1",
  title: "Status of an agent",
  description: "Badge and verdict of the agent that `agent` names, live",
};

const AgentStatus = lazy(() => translated(import("./exposed/agent-status.tsx")));
const GoTo = lazy(() => translated(import("./exposed/go-to.tsx")));

/** Where Grafana shows something of ours outside of our own pages. */
export function addExtensions<Settings extends object>(plugin: AppPlugin<Settings>): AppPlugin<Settings> {
  for (const link of LINKS) plugin.addLink({ ...link, targets: PALETTE });
  plugin.addLink({
    ...GO_TO,
    targets: PALETTE,
    onClick: (_event, { openModal }) => openModal({ title: "Go to", body: GoToDialog }),
  });
  plugin.addLink({
    ...PANEL_LINK,
    path: `${BASE}/agents`,
    targets: PANEL_MENU,
    configure: (context) => {
      const agent = agentOf(context);
      return agent === null ? undefined : { path: `${BASE}/agents/${encodeURIComponent(agent)}` };
    },
  });
  plugin.addLink({
    ...ALERT_LINK,
    path: `${BASE}/alerts`,
    targets: ALERT_MENUS,
    configure: (context) => {
      const path = alertPath(context);
      return path === null ? undefined : { path };
    },
  });
  return plugin.exposeComponent({
    ...AGENT_STATUS,
    component: (props: { readonly agent: string }) => waiting(createElement(AgentStatus, props)),
  });
}

const GoToDialog = (props: { onDismiss?: () => void }): ReactElement => waiting(createElement(GoTo, props));

const waiting = (content: ReactElement): ReactElement => createElement(Suspense, { fallback: "…" }, content);

/** The agent that a dashboard is about: its variable `agent`, if that names one. */
export function agentOf(context: unknown): string | null {
  const scoped = (context as { scopedVars?: Record<string, { value?: unknown }> } | undefined)?.scopedVars?.agent
    ?.value;
  const named = scoped ?? new URLSearchParams(window.location.search).get("var-agent");
  return typeof named === "string" && ID.test(named) ? named : null;
}

type Labels = Readonly<Record<string, unknown>>;

/** `alerts?name=AgentGone&agent=billing`, of a rule or of one of its instances; null for what is not ours to judge. */
export function alertPath(context: unknown): string | null {
  const { name, labels, instance, rule } = (context ?? {}) as {
    name?: unknown;
    labels?: Labels;
    instance?: { labels?: Labels };
    rule?: { name?: unknown };
  };
  const all: Labels = { ...labels, ...instance?.labels };
  const called = all.alertname ?? rule?.name ?? name;
  if (typeof called !== "string" || called === "") return null;
  const query = new URLSearchParams({ name: called });
  if (typeof all.agent === "string" && ID.test(all.agent)) query.set("agent", all.agent);
  return `${BASE}/alerts?${query}`;
}
