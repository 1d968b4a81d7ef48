import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { FilterPill, RadioButtonGroup, useStyles2 } from "@grafana/ui";
import type { ReactElement } from "react";
import { t } from "../translate.ts";
import { changeQuery, usePlace } from "./place.ts";
import { useNow } from "./tick.ts";
import { DAY_WORDS, type Day, dayOf, type Entry } from "./timeline.tsx";

const FACETS = ["type", "state"] as const;
const DAYS = ["Today", "Yesterday", "Last 7 days"] as const;
/** More of them than this are searched for in the audit log, not clicked. */
const MOST_CHIPS = 8;

/** What the address narrows a timeline to: `?type=restart&state=recovered&day=Today`; each may name several. */
export interface TimelineFilter {
  readonly type: readonly string[];
  readonly state: readonly string[];
  readonly day: Day | null;
}

const listOf = (query: URLSearchParams, name: string): string[] => (query.get(name) ?? "").split(",").filter(Boolean);

export const readTimelineFilter = (query: URLSearchParams): TimelineFilter => ({
  ...{ type: listOf(query, "type"), state: listOf(query, "state") },
  day: DAYS.find((day) => day === query.get("day")) ?? null,
});

export function fitsTimeline(
  entry: Pick<Entry, "at" | "type" | "state">,
  filter: TimelineFilter,
  now: number,
): boolean {
  const fits = (wanted: readonly string[], value: string | undefined) =>
    wanted.length === 0 || (value !== undefined && wanted.includes(value));
  if (!fits(filter.type, entry.type) || !fits(filter.state, entry.state)) return false;
  if (filter.day === null) return true;
  const day = dayOf(entry.at, now);
  return filter.day === "Last 7 days" ? day !== "Before" : day === filter.day;
}

/** @returns those of the entries that fit what the address says */
export function useFitting<T>(all: readonly T[], entryOf: (one: T) => Entry): readonly T[] {
  const filter = readTimelineFilter(usePlace().query);
  const now = useNow();
  return all.filter((one) => fitsTimeline(entryOf(one), filter, now));
}

/** Chips for kinds and states that occur, and the days. */
export function TimelineFilters({ entries }: { readonly entries: readonly Entry[] }): ReactElement {
  const styles = useStyles2(getStyles);
  const filter = readTimelineFilter(usePlace().query);
  return (
    <div className={styles.filters}>
      {FACETS.map((facet) =>
        valuesOf(entries, facet).map((value) => (
          <FilterPill
            key={`${facet} ${value}`}
            label={value}
            selected={filter[facet].includes(value)}
            onClick={() => changeQuery({ [facet]: toggled(filter[facet], value).join(",") })}
          />
        )),
      )}
      <RadioButtonGroup
        aria-label={t("day.label", "Day")}
        size="sm"
        options={[
          { label: t("word.all", "All"), value: "" },
          ...DAYS.map((day) => ({ label: DAY_WORDS[day](), value: day })),
        ]}
        value={filter.day ?? ""}
        onChange={(day) => changeQuery({ day })}
      />
    </div>
  );
}

/** The most frequent first; nothing where there is no choice. */
function valuesOf(entries: readonly Entry[], facet: (typeof FACETS)[number]): string[] {
  const counts = Map.groupBy(entries, (entry) => entry[facet] ?? "");
  counts.delete("");
  const values = [...counts].toSorted(([, a], [, b]) => b.length - a.length).map(([value]) => value);
  return values.length < 2 ? [] : values.slice(0, MOST_CHIPS);
}

const toggled = (chosen: readonly string[], value: string): string[] =>
  chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value];

function getStyles(theme: GrafanaTheme2) {
  return {
    filters: css({
      display: "flex",
      gap: theme.spacing(1),
      flexWrap: "wrap",
      alignItems: "center",
      marginBottom: theme.spacing(1),
    }),
  };
}
