import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { Button, useStyles2 } from "@grafana/ui";
import { type ReactElement, useMemo, useState } from "react";
import type { Agent } from "../api/contract.ts";
import { agents as fleet } from "../api/lists.ts";
import { useLiveList } from "../api/live-list.ts";
import { chooseContext, fitsContext, useContextChoice } from "../parts/context.ts";
import { ExportMenu } from "../parts/export-menu.tsx";
import { Page } from "../parts/page.tsx";
import { changeQuery, usePlace } from "../parts/place.ts";
import { RefusalView } from "../parts/refusal-view.tsx";
import { Skeleton } from "../parts/region.tsx";
import { countsWords } from "../parts/words.ts";
import { t } from "../translate.ts";
import { AgentFilters, FACETS, fitsFilters, readFilters } from "./agent-filters.tsx";
import { inOrder, readOrderOf } from "./agent-order.ts";
import { AgentTable } from "./agent-table.tsx";
import { BulkBar } from "./bulk-bar.tsx";

/** Everyone who should exist, the sick first: search, filters, groups, and many at once. */
export default function Agents(): ReactElement {
  const styles = useStyles2(getStyles);
  const place = usePlace();
  const context = useContextChoice(place);
  const { items, at, refusal, problems, awaySince } = useLiveList(fleet);
  const filters = useMemo(() => readFilters(place.query), [place.query]);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const order = readOrderOf(place.query);
  const everyone = useMemo(() => inOrder([...items.values()], order), [items, order]);
  const concerned = useMemo(() => everyone.filter((agent) => fitsContext(context, agent)), [everyone, context]);
  const shown = useMemo(() => concerned.filter((agent) => fitsFilters(agent, filters)), [concerned, filters]);
  const counts = useMemo(() => countsWords(shown, concerned.length), [shown, concerned]);
  const isTree = place.query.get("view") === "tree";
  return (
    <Page title={t("page.agents", "Agents")} actions={<ExportMenu name="agents" rows={() => shown.map(rowOf)} />}>
      <div className={styles.whole}>
        <p role="status" data-testid="counts">
          {at === null ? t("word.reading", "Reading…") : counts}
          {problems.map((problem) => ` · ${problem}`)}
          {awaySince === null ? "" : ` · ${t("agents.unseen", "changes are not seen now")}`}
        </p>
        <AgentFilters everyone={everyone} filters={filters} order={order} isTree={isTree} />
        <BulkBar selected={selected} onClear={() => setSelected(new Set())} />
        {at === null ? (
          refusal === null ? (
            <Skeleton lines={6} />
          ) : (
            <RefusalView refusal={refusal} onRetry={() => void fleet.read()} />
          )
        ) : shown.length === 0 ? (
          <NobodyFits hasFilters={everyone.length > 0} />
        ) : (
          <AgentTable agents={shown} at={at} isTree={isTree} selected={selected} onSelect={setSelected} />
        )}
      </div>
    </Page>
  );
}

/** The group or agent that all pages look at is remembered beside the address, and narrows the list too. */
function clearFilters(): void {
  changeQuery({ q: null, ...Object.fromEntries(FACETS.map((facet) => [facet, null])) });
  chooseContext(null);
}

function NobodyFits({ hasFilters }: { readonly hasFilters: boolean }): ReactElement {
  if (!hasFilters) return <p>{t("agents.nobody", "Nobody is expected yet: fleet.yaml names no agent.")}</p>;
  return (
    <p>
      {t("agents.none-fit", "No agent fits these filters.")}{" "}
      <Button size="sm" variant="secondary" onClick={clearFilters}>
        {t("verb.clear", "Clear")}
      </Button>
    </p>
  );
}

const rowOf = ({
  id,
  group,
  owner,
  criticality,
  health,
  verdict,
  activity,
  version,
  lastHeartbeatAt,
  desired,
}: Agent) => ({
  ...{ id, group, owner, criticality, health, verdict, activity, version },
  lastHeartbeat: lastHeartbeatAt === null ? null : new Date(lastHeartbeatAt).toISOString(),
  desired: desired.state,
});

function getStyles(theme: GrafanaTheme2) {
  return { whole: css({ gridColumn: "1 / -1", minWidth: 0, fontSize: theme.typography.body.fontSize }) };
}
