import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  type AnnotationQuery,
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DATA_SOURCE } from "./panel.ts";

/** Tag by which the boards find each other. */
const TAG = "rollcall";

/** What a board is about. */
export interface BoardFacts {
  /** Never changes: links and the plugin know the board by it. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** Raised by one with every change of the board: Grafana takes a plugin's board again only then. */
  readonly revision: number;
  /** Which selections it has beside data source and fleet. */
  readonly narrows: readonly ("group" | "agent")[];
  /** Sections, first to last. */
  readonly sections: readonly { readonly title: string; readonly panels: readonly Builder<Panel>[] }[];
  readonly since?: string;
}

/** The board as Grafana imports it, format v1. */
export function makeBoard({
  uid,
  title,
  description,
  revision,
  narrows,
  sections,
  since = "now-1h",
}: BoardFacts): Dashboard {
  const board = new DashboardBuilder(`Rollcall / ${title}`)
    .uid(uid)
    .id(null)
    .revision(revision)
    .description(description)
    .tags([TAG])
    .timezone("browser")
    .time({ from: since, to: "now" })
    .refresh("10s")
    .tooltip(DashboardCursorSync.Crosshair)
    .withVariable(new DatasourceVariableBuilder("datasource").label("Data source").type("prometheus"))
    .withVariable(variable("fleet", "rollcall_fleet_agents_expected"));
  if (narrows.includes("group")) board.withVariable(variable("group", 'rollcall_agent_rung{fleet=~"$fleet"}'));
  if (narrows.includes("agent"))
    board.withVariable(variable("agent", AGENTS_OF[narrows.includes("group") ? "group" : "fleet"]));
  for (const annotation of annotations()) board.annotation(annotation);
  board.link(
    new DashboardLinkBuilder("Rollcall")
      .type(DashboardLinkType.Dashboards)
      .tags([TAG])
      .asDropdown(true)
      .keepTime(true)
      .includeVars(true),
  );
  for (const { title: name, panels } of sections) {
    board.withRow(new RowBuilder(name));
    for (const panel of panels) board.withPanel(panel);
  }
  return board.build();
}

const AGENTS_OF = {
  fleet: 'rollcall_agent_rung{fleet=~"$fleet"}',
  group: 'rollcall_agent_rung{fleet=~"$fleet",group=~"$group"}',
} as const;

const LABELS = { fleet: "Fleet", group: "Group", agent: "Agent" } as const;

function variable(name: keyof typeof LABELS, series: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(LABELS[name])
    .datasource(DATA_SOURCE)
    .query({ query: `label_values(${series}, ${name})`, refId: name })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(".+")
    .current({ selected: true, text: "All", value: "$__all" });
}

/** What happened, drawn across every chart: operations that ended, versions that were deployed, alerts that fired. */
function annotations(): Builder<AnnotationQuery>[] {
  // How Grafana's Prometheus data source names an annotation stands beside the query, not in its target.
  const annotate = (name: string, { expr, title, color }: { expr: string; title: string; color: string }) => {
    const query = new AnnotationQueryBuilder()
      .name(name)
      .datasource(DATA_SOURCE)
      .enable(true)
      .iconColor(color)
      .expr(expr);
    return { build: () => ({ ...query.build(), step: "30s", titleFormat: title }) };
  };
  return [
    annotate("Commands", {
      expr: "sum by (command, ending) (increase(rollcall_operations_ended_total[30s])) > 0",
      title: "{{command}}: {{ending}}",
      color: "blue",
    }),
    annotate("Deploys", {
      expr: 'count by (agent, version) (rollcall_agent_info{fleet=~"$fleet"}) unless count by (agent, version) (rollcall_agent_info{fleet=~"$fleet"} offset 1m)',
      title: "{{agent}} {{version}}",
      color: "purple",
    }),
    annotate("Incidents", {
      expr: 'ALERTS{alertstate="firing", fleet=~"$fleet"}',
      title: "{{alertname}} {{agent}}",
      color: "red",
    }),
  ];
}
