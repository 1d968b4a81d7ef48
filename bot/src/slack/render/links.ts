import { escapeText } from "./text.ts";

/** Addresses that messages link to. */
export interface Links {
  /** Where people reach the control service. */
  readonly publicUrl: string;
  readonly runbookUrl: string | null;
  /** The app in Grafana: "https://grafana.example/a/rollcall-fleet-app"; null: its pages are not linked. */
  readonly grafanaAppUrl: string | null;
}

/** The page of an agent as it was at a moment. @param at milliseconds since the epoch */
export const agentPage = ({ publicUrl }: Links, agent: string, at: number): string =>
  `${base(publicUrl)}/agents/${encodeURIComponent(agent.slice(0, 63).toWellFormed())}?at=${Math.floor(at / 1000)}`;

export const operationPage = ({ publicUrl }: Links, id: string): string =>
  `${base(publicUrl)}/operations/${encodeURIComponent(id)}`;

/** The page of lines of some agents at a time; null without the app in Grafana. @param time milliseconds since the epoch */
export function logsPage(
  { grafanaAppUrl }: Links,
  agents: readonly string[],
  time: { readonly from: number; readonly to: number },
): string | null {
  if (grafanaAppUrl === null) return null;
  const query = new URLSearchParams({ agent: agents.join(" ").slice(0, 200).toWellFormed() });
  for (const [name, at] of Object.entries(time)) query.set(name, String(Math.floor(at)));
  return `${base(grafanaAppUrl)}/logs?${query}`;
}

/**
 * Where the steps against a fault are written.
 * @param named address from the alert or from fleet.yaml; only http and https are linked
 */
export function runbookPage({ runbookUrl }: Links, named: string | null, alertname: string): string | null {
  const address =
    named ??
    (runbookUrl === null
      ? null
      : `${base(runbookUrl)}/${encodeURIComponent(kebab(alertname.slice(0, 100)).toWellFormed())}.md`);
  const url = address === null ? null : URL.parse(address);
  return url !== null && /^https?:$/.test(url.protocol) && url.href.length <= 3000 ? url.href : null;
}

/** `<url|label>`; the label is markup already. */
export const linked = (url: string, label: string): string => `<${escapeText(url).replaceAll("|", "%7C")}|${label}>`;

const base = (url: string): string => url.replace(/\/+$/, "");

/** `AgentGone` → `agent-gone`, as the runbooks' files are called. */
const kebab = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, "$1-$2").toLowerCase();
