import { css } from "@emotion/css";
import type { GrafanaTheme2, TimeRange } from "@grafana/data";
import { Button, InlineSwitch, useStyles2 } from "@grafana/ui";
import { type ReactElement, useEffect, useMemo } from "react";
import { useStore } from "../api/store.ts";
import { chooseContext, useContextChoice } from "../parts/context.ts";
import { Page } from "../parts/page.tsx";
import { changeQuery, usePlace } from "../parts/place.ts";
import { Region } from "../parts/region.tsx";
import { useNow } from "../parts/tick.ts";
import { durationWords, momentWords } from "../parts/words.ts";
import { t } from "../translate.ts";
import { LogChart } from "./log-chart.tsx";
import { LogDetail } from "./log-detail.tsx";
import { LogExport } from "./log-export.tsx";
import { LogFeed, type LogView } from "./log-feed.ts";
import { LogFilters } from "./log-filters.tsx";
import { LogLines } from "./log-lines.tsx";
import { LogPlaces } from "./log-places.tsx";
import { isOfEverybody, LOG_FILTERS, lineIn, logRangeIn, logSearchOf } from "./log-search.ts";
import { zoneIn } from "./time-range.ts";

/** What agents and services wrote: searched, counted, followed; the newest line is the last. */
export default function Logs(): ReactElement {
  const { query } = usePlace();
  const context = useContextChoice({ query });
  const range = useMemo(() => logRangeIn(query), [query]);
  const zone = zoneIn(query);
  const search = logSearchOf(query, range, context);
  const canFollow = range.raw.to === "now";
  const feed = useFeed(search, canFollow && query.get("live") !== "off");
  const view = useStore(feed.store);
  const open = lineIn(query);
  return (
    <Page
      title={t("page.logs", "Logs")}
      ignoresContext={context !== null && isOfEverybody(query)}
      actions={<LogExport search={search} />}
    >
      <LogFilters query={query} range={range} zone={zone} />
      <Region
        title={t("logs.lines", "Lines")}
        isKnown={view.at !== null}
        refusal={view.refusal}
        onRetry={() => void feed.read()}
        actions={<LiveSwitch isOn={canFollow && query.get("live") !== "off"} canFollow={canFollow} />}
      >
        {() => (
          <>
            <LogPlaces places={view.places} />
            <LogChart search={search} range={range} zone={zone} />
            {view.refusal === null || view.refusal.kind === "away" ? null : (
              <p role="alert">{t("logs.not-read", "Not read just now: {{why}}", { why: view.refusal.message })}</p>
            )}
            {view.lines.length === 0 && !view.hasOlder ? (
              <NoLine view={view} range={range} query={query} />
            ) : (
              <LogLines key={search} feed={feed} view={view} query={query} zone={zone} />
            )}
          </>
        )}
      </Region>
      {open === null ? null : <LogDetail named={open} lines={view.lines} query={query} zone={zone} />}
    </Page>
  );
}

/** One feed for one search; it is followed while it is shown. */
function useFeed(search: string, isLive: boolean): LogFeed {
  const feed = useMemo(() => new LogFeed(search), [search]);
  useEffect(() => feed.open({ isLive }), [feed, isLive]);
  return feed;
}

function LiveSwitch({ isOn, canFollow }: { readonly isOn: boolean; readonly canFollow: boolean }): ReactElement {
  return (
    <InlineSwitch
      id="logs-live"
      label={t("logs.live", "Live")}
      showLabel
      transparent
      value={isOn}
      disabled={!canFollow}
      onChange={(event) => changeQuery({ live: event.currentTarget.checked ? null : "off" })}
    />
  );
}

interface NoLineProps {
  readonly view: LogView;
  readonly range: TimeRange;
  readonly query: URLSearchParams;
}

/** "No line in these 30 min; nearest 02:11:00 [Go]" */
function NoLine({ view: { nearest }, range, query }: NoLineProps): ReactElement {
  const styles = useStyles2(getStyles);
  const now = useNow();
  const length = range.to.valueOf() - range.from.valueOf();
  const time = durationWords(length / 1000);
  const go = (at: number): void => {
    const to = at + AFTER_NEAREST_MS;
    changeQuery({ from: String(to - length), to: String(to) }, { replace: false });
  };
  return (
    <p className={styles.none}>
      {nearest === null
        ? t("logs.none", "No line in these {{time}}, and none before.", { time })
        : t("logs.none-but", "No line in these {{time}}; nearest {{at}}", { time, at: momentWords(nearest, now) })}{" "}
      {nearest === null ? null : (
        <Button size="sm" variant="secondary" onClick={() => go(nearest)}>
          {t("logs.go", "Go")}
        </Button>
      )}{" "}
      {LOG_FILTERS.some((name) => query.has(name)) ? (
        <Button size="sm" variant="secondary" onClick={clearFilters}>
          {t("verb.clear", "Clear")}
        </Button>
      ) : null}
    </p>
  );
}

const AFTER_NEAREST_MS = 60_000;

function clearFilters(): void {
  changeQuery(Object.fromEntries(LOG_FILTERS.map((name) => [name, null])));
  chooseContext(null);
}

function getStyles(theme: GrafanaTheme2) {
  return { none: css({ padding: theme.spacing(2, 0), margin: 0 }) };
}
