import { css } from "@emotion/css";
import type { GrafanaTheme2, TimeRange, TimeZone } from "@grafana/data";
import { Combobox, useStyles2 } from "@grafana/ui";
import { memo, type ReactElement } from "react";
import { Labelled } from "../parts/labelled.tsx";
import { changeQuery } from "../parts/place.ts";
import { useIsPhone } from "../parts/screen.ts";
import { t } from "../translate.ts";
import { isLogLevel, LOG_LEVELS } from "./log-search.ts";
import { RangePicker } from "./range-picker.tsx";
import { SearchField } from "./search-field.tsx";

/** Each is a part of the address, under its name here. */
const FIELDS = {
  agent: () => t("logs.agent", "agent, @group"),
  service: () => t("logs.service", "service"),
  trace: () => t("logs.trace", "trace"),
  run: () => t("logs.run", "run"),
  operation: () => t("logs.operation", "operation"),
  field: () => t("logs.field", "name:value"),
} as const;

/** All seven stand in one row of a laptop. */
const WIDTH = 17;

interface LogFiltersProps {
  readonly query: URLSearchParams;
  readonly range: TimeRange;
  readonly zone: TimeZone;
}

/** Words and time; who, how bad and what it belongs to. On a phone the latter are folded away. */
export function LogFilters({ query, range, zone }: LogFiltersProps): ReactElement {
  const styles = useStyles2(getStyles);
  const isPhone = useIsPhone();
  const of = (name: string): string => query.get(name) ?? "";
  const given = [...Object.keys(FIELDS), "level"].filter((name) => of(name) !== "").length;
  return (
    <div className={styles.filters}>
      <div className={styles.row}>
        <div className={styles.words}>
          <SearchField
            key={of("q")}
            name="q"
            label={t("logs.words", 'Words, "a phrase" or /a pattern/')}
            value={of("q")}
            isSearch
            width={0}
          />
        </div>
        <RangePicker range={range} zone={zone} />
      </div>
      <details open={!isPhone}>
        <summary>{t("agents.filters", "Filters ({{n}})", { n: given })}</summary>
        <div className={styles.row}>
          <LevelChoice level={of("level")} />
          {Object.entries(FIELDS).map(([name, label]) => (
            <SearchField key={`${name} ${of(name)}`} name={name} label={label()} value={of(name)} width={WIDTH} />
          ))}
        </div>
      </details>
    </div>
  );
}

const levels = () => [
  { value: "", label: t("logs.any-level", "Any level") },
  ...LOG_LEVELS.filter((level) => level !== "trace").map((value) => ({
    ...{ value: value as string },
    label: value === "fatal" ? value : t("logs.and-worse", "{{level}} and worse", { level: value }),
  })),
];

// Grafana's Combobox measures the page whenever it is drawn.
const LevelChoice = memo(function LevelChoice({ level }: { readonly level: string }): ReactElement {
  return (
    <Labelled label={t("logs.level", "Level")}>
      {(labelId) => (
        <Combobox
          aria-labelledby={labelId}
          width={20}
          options={levels()}
          value={isLogLevel(level) && level !== "trace" ? level : ""}
          onChange={({ value }) => changeQuery({ level: value })}
        />
      )}
    </Labelled>
  );
});

function getStyles(theme: GrafanaTheme2) {
  return {
    filters: css({ gridColumn: "1 / -1", display: "grid", gap: theme.spacing(1), minWidth: 0 }),
    // The content of <details> does not hand on how Grafana measures boxes.
    row: css({ boxSizing: "border-box", display: "flex", gap: theme.spacing(1), flexWrap: "wrap" }),
    words: css({ flex: "1 1 240px" }),
  };
}
