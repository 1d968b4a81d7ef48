import { css, cx } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { Tab, TabContent, TabsBar, useStyles2 } from "@grafana/ui";
import type { ReactElement } from "react";
import { useAnswer } from "../api/answers.ts";
import type { Agent, Operation, OperationsAnswer } from "../api/contract.ts";
import { operations } from "../api/lists.ts";
import { useLiveList } from "../api/live-list.ts";
import { ExportMenu } from "../parts/export-menu.tsx";
import { Facts } from "../parts/facts.tsx";
import { isLink } from "../parts/incident-card.tsx";
import { openableEntry, operationEntry } from "../parts/operation-entry.tsx";
import { changeQuery, hrefOf, usePlace } from "../parts/place.ts";
import { Region } from "../parts/region.tsx";
import { getTableStyles } from "../parts/table-style.ts";
import { Timeline } from "../parts/timeline.tsx";
import { TimelineFilters, useFitting } from "../parts/timeline-filters.tsx";
import { t } from "../translate.ts";
import { AgentLogs } from "./agent-logs.tsx";
import { AgentResources } from "./agent-resources.tsx";
import { operationRow } from "./operation-row.ts";

const TABS = ["timeline", "logs", "bus", "configuration", "metrics"] as const;

/** How a tab is called. */
const TAB_WORDS: Readonly<Record<(typeof TABS)[number], () => string>> = {
  timeline: () => t("agent.timeline", "Timeline"),
  logs: () => t("page.logs", "Logs"),
  bus: () => t("agent.bus", "Bus"),
  configuration: () => t("page.configuration", "Configuration"),
  metrics: () => t("page.metrics", "Metrics"),
};

/** What was done to it, what waits, how it is wanted, what it uses. */
export function AgentTabs({ agent }: { readonly agent: Agent }): ReactElement {
  const { query } = usePlace();
  const tab = TABS.find((one) => one === query.get("tab")) ?? "timeline";
  const styles = useStyles2(getStyles);
  return (
    <div style={{ gridColumn: "1 / -1" }}>
      <TabsBar className={styles.bar}>
        {TABS.map((one) => (
          <Tab key={one} label={TAB_WORDS[one]()} active={tab === one} onChangeTab={() => changeQuery({ tab: one })} />
        ))}
      </TabsBar>
      <TabContent>
        {tab === "timeline" ? <History id={agent.id} /> : null}
        {tab === "logs" ? <AgentLogs id={agent.id} /> : null}
        {tab === "bus" ? <Waiting agent={agent} /> : null}
        {tab === "configuration" ? <Declared agent={agent} /> : null}
        {tab === "metrics" ? <AgentResources id={agent.id} /> : null}
      </TabContent>
    </div>
  );
}

function History({ id }: { readonly id: string }): ReactElement {
  const { content, refusal } = useAnswer<OperationsAnswer>(
    `api/v1/operations?agent=${encodeURIComponent(id)}&limit=100`,
    15_000,
  );
  const live = useLiveList(operations).items;
  const all = (content?.operations ?? []).map((operation: Operation) => live.get(operation.id) ?? operation);
  const shown = useFitting(all, operationEntry);
  return (
    <Region
      title={t("agent.done", "What was done")}
      isKnown={content !== undefined}
      refusal={refusal}
      actions={<ExportMenu name={`operations-${id}`} rows={() => shown.map(operationRow)} />}
    >
      {() => (
        <>
          {all.length > 5 ? <TimelineFilters entries={all.map(operationEntry)} /> : null}
          <Timeline
            entries={shown.map(openableEntry)}
            empty={
              all.length === 0
                ? t("agent.nothing-done", "Nothing was done to it yet.")
                : t("word.nothing-fits", "Nothing fits these filters.")
            }
          />
        </>
      )}
    </Region>
  );
}

function Waiting({ agent }: { readonly agent: Agent }): ReactElement {
  const styles = useStyles2(getTableStyles);
  return (
    <Region title={t("agent.waits", "What waits")} isKnown={agent.waiting !== null}>
      {() => (
        <table className={cx(styles.table, styles.numbers)}>
          <thead>
            <tr>
              <th>{t("agent.topic", "Topic")}</th>
              <th>{t("agent.waiting", "Waiting")}</th>
              <th>{t("agent.in-hand", "In hand")}</th>
            </tr>
          </thead>
          <tbody>
            {(agent.waiting ?? []).map(({ topic, lag, pending }) => (
              <tr key={topic}>
                <th scope="row">{topic}</th>
                <td>{lag ?? t("word.unknown", "unknown")}</td>
                <td>{pending}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Region>
  );
}

function Declared({ agent }: { readonly agent: Agent }): ReactElement {
  const { desired, labels, runbook } = agent;
  const { state, by } = desired;
  const wanted = by === null ? state : t("agent.wanted-by", "{{state}}, by {{by}}", { state, by });
  const none = t("word.none", "none");
  return (
    <Region title={t("agent.declared", "As fleet.yaml and people want it")} isKnown>
      {() => (
        <Facts
          facts={{
            [t("agent.wanted", "Wanted")]: wanted,
            [t("agent.labels", "Labels")]:
              Object.entries(labels)
                .map(([name, value]) => `${name}=${value}`)
                .join(", ") || none,
            [t("word.runbook", "Runbook")]:
              runbook === null ? none : isLink(runbook) ? <a href={runbook}>{runbook}</a> : runbook,
            [t("agent.whole-group", "All of its group")]: (
              <a href={hrefOf("agents", { group: agent.group })}>@{agent.group}</a>
            ),
          }}
        />
      )}
    </Region>
  );
}

function getStyles(theme: GrafanaTheme2) {
  return { bar: css({ marginBottom: theme.spacing(1) }) };
}
