import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { useStyles2 } from "@grafana/ui";
import { type ReactElement, useState } from "react";
import { CommandButton } from "../parts/command-button.tsx";
import { ContextSelector } from "../parts/context-selector.tsx";
import { ExportMenu } from "../parts/export-menu.tsx";
import { Facts } from "../parts/facts.tsx";
import { LiveMark } from "../parts/live-mark.tsx";
import { MetricCard } from "../parts/metric-card.tsx";
import { Page } from "../parts/page.tsx";
import { ProgressTracker } from "../parts/progress-tracker.tsx";
import { Refresh } from "../parts/refresh-picker.tsx";
import { RefusalView } from "../parts/refusal-view.tsx";
import { Region, Skeleton } from "../parts/region.tsx";
import { RungBar, StatusBadge } from "../parts/status-badge.tsx";
import { useNow } from "../parts/tick.ts";
import { Timeline } from "../parts/timeline.tsx";
import { TimelineFilters, useFitting } from "../parts/timeline-filters.tsx";
import { sampleAgents, sampleEntries, sampleOperation, samplePoints, sampleRefusal } from "./parts-samples.ts";

/** Each part that pages share, once, in its states. The values are samples. */
export default function Parts(): ReactElement {
  return (
    <Page title="Shared parts" ignoresContext>
      <Badges />
      <Bar />
      <Cards />
      <Stages />
      <Happened />
      <Region title="Region, while it is read" columns={3} isKnown={false}>
        {() => null}
      </Region>
      <Region title="Region, away" columns={3} isKnown={false} refusal={sampleRefusal}>
        {() => null}
      </Region>
      <Refusals />
    </Page>
  );
}

function Badges(): ReactElement {
  const now = useNow();
  return (
    <Region title="Status badge and rungs" columns={6} isKnown>
      {() => (
        <ul style={{ listStyle: "none" }}>
          {sampleAgents(now).map((agent) => (
            <li key={agent.id}>
              <StatusBadge agent={agent} at={now} /> · {agent.verdict} <RungBar agent={agent} />
            </li>
          ))}
          <li>
            {sampleAgents(now)
              .slice(0, 1)
              .map((agent) => (
                <StatusBadge key="old" agent={agent} at={now - 120_000} />
              ))}
          </li>
        </ul>
      )}
    </Region>
  );
}

function Bar(): ReactElement {
  const styles = useStyles2(getStyles);
  return (
    <Region title="Context, live mark, refresh, export, command" columns={6} isKnown>
      {() => (
        <div className={styles.row}>
          <ContextSelector />
          <LiveMark />
          <Refresh />
          <ExportMenu name="sample" rows={() => [{ agent: "sample-0", health: "healthy" }]} />
          <CommandButton command="roll-call" label="Roll call" />
          <CommandButton command="restart" label="Restart…" isDanger />
          <Facts facts={{ Facts: "a name over what it stands for", Owner: "samples" }} />
        </div>
      )}
    </Region>
  );
}

function Cards(): ReactElement {
  const styles = useStyles2(getStyles);
  // The samples stand still: what they look like is what this page is about.
  const [now] = useState(useNow());
  const cards = [
    { label: "rising", value: 38, unit: "per second", points: samplePoints(now, 1) },
    { label: "falling", value: 0.038, unit: "seconds", points: samplePoints(now, -0.6) },
    { label: "as usual", value: 0.004, unit: "ratio", points: samplePoints(now, 0) },
    { label: "usual is known", value: 12, unit: "per second", dayBefore: 36, normal: { least: 30, most: 41 } },
    { label: "old", value: 64, unit: "events", at: now - 120_000 },
    { label: "not measured", value: null, unit: "events", reason: "the exporter is silent" },
  ];
  return (
    <Region title="Metric card" isKnown>
      {() => (
        <div className={styles.cards}>
          {cards.map((card) => (
            <MetricCard key={card.label} at={now} {...card} />
          ))}
        </div>
      )}
    </Region>
  );
}

function Stages(): ReactElement {
  const now = useNow();
  const [operation] = useState(() => sampleOperation(now));
  return (
    <Region title="Progress tracker" columns={6} isKnown>
      {() => <ProgressTracker operation={operation} />}
    </Region>
  );
}

function Happened(): ReactElement {
  const [now] = useState(useNow());
  const entries = sampleEntries(now);
  const shown = useFitting(entries, (entry) => entry);
  return (
    <Region title="Timeline with its filters" columns={6} isKnown>
      {() => (
        <>
          <TimelineFilters entries={entries} />
          <Timeline entries={shown} empty="Nothing fits these filters." />
        </>
      )}
    </Region>
  );
}

function Refusals(): ReactElement {
  return (
    <Region title="Refusal, and what stands in a page's place" columns={6} isKnown>
      {() => (
        <>
          <RefusalView refusal={sampleRefusal} wish="stop sample-0" />
          <Skeleton lines={2} />
        </>
      )}
    </Region>
  );
}

function getStyles(theme: GrafanaTheme2) {
  return {
    row: css({ display: "flex", flexWrap: "wrap", gap: theme.spacing(2), alignItems: "center" }),
    cards: css({
      display: "grid",
      gridTemplateColumns: "repeat(auto-fill, minmax(min(100%, 160px), 1fr))",
      gap: theme.spacing(2),
    }),
  };
}
