import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { useStyles2 } from "@grafana/ui";
import type { ReactElement } from "react";
import { t } from "../translate.ts";
import { useNow } from "./tick.ts";
import { ageWords, fixed } from "./words.ts";

export type Point = readonly [at: number, value: number | null];

interface MetricCardProps {
  readonly label: string;
  /** null: not measured. */
  readonly value: number | null;
  /** "per second", "seconds", "ratio", "events" */
  readonly unit: string;
  /** Why there is no value. */
  readonly reason?: string | null;
  /** When it was measured, by the service's clock. */
  readonly at: number | null;
  /** Older than this, its age is told. */
  readonly freshSeconds?: number;
  /** Oldest first. */
  readonly points?: readonly Point[];
  /** What it was a day before; then the trend is against that. */
  readonly dayBefore?: number | null;
  /** What it usually is at this time of the day. */
  readonly normal?: { readonly least: number; readonly most: number } | null;
  readonly href?: string;
}

/** One live number with unit, trend, course and what is normal, coloured when it is beside that; what is not measured is "—" and says why, never 0. */
export function MetricCard(props: MetricCardProps): ReactElement {
  const { label, value, unit, reason = null, at, freshSeconds = 30, points = [], dayBefore, normal, href } = props;
  const styles = useStyles2(getStyles);
  const now = useNow();
  const age = ageOf({ at, now, freshSeconds });
  const aside = asideOf(value, normal);
  return (
    <div className={styles.card} data-testid="metric-card">
      <div className={styles.label} title={label}>
        {href === undefined ? label : <a href={href}>{label}</a>}
      </div>
      <div className={styles[age !== null || value === null ? "old" : aside === null ? "usual" : "unusual"]}>
        <span>{value === null ? "—" : figureWords(value, unit)}</span>{" "}
        <Trend trend={trendOf(points, value, dayBefore)} />
      </div>
      <Sparkline points={points} label={label} />
      <Note words={value === null ? (reason ?? t("figure.unmeasured", "not measured")) : age} />
      <Note words={normalWords(normal, { unit, aside })} />
    </div>
  );
}

interface CourseCardProps extends Pick<MetricCardProps, "label" | "unit" | "dayBefore" | "normal"> {
  readonly points: readonly Point[];
  readonly reason: string | null;
  readonly freshSeconds: number;
}

/** A card whose number is the newest one of its course. */
export function CourseCard(props: CourseCardProps): ReactElement {
  const [at, value] = props.points.findLast((point) => point[1] !== null) ?? [null, null];
  return <MetricCard {...props} at={at} value={value} />;
}

interface Ageing extends Required<Pick<MetricCardProps, "at" | "freshSeconds">> {
  readonly now: number;
}

/** "64 s old"; null while it is fresh. */
function ageOf({ at, now, freshSeconds }: Ageing): string | null {
  const seconds = at === null ? 0 : (now - at) / 1000;
  return seconds > freshSeconds ? t("figure.old", "{{age}} old", { age: ageWords(seconds) }) : null;
}

/** Normal is what it was on a few days at this time: a little beside that is nothing to colour. */
const LEEWAY = 0.1;

/** On which side of what is normal the number is; null: it is about normal, or nobody knows. */
export function asideOf(value: number | null, normal: MetricCardProps["normal"]): "above" | "below" | null {
  if (value === null || !normal) return null;
  if (value > normal.most * (1 + LEEWAY)) return "above";
  return value < normal.least * (1 - LEEWAY) ? "below" : null;
}

/** "normal 30 /s – 41 /s", "above normal 30 /s – 41 /s" */
function normalWords(
  normal: MetricCardProps["normal"],
  { unit, aside }: { unit: string; aside: "above" | "below" | null },
): string | null {
  if (!normal) return null;
  const range = `${figureWords(normal.least, unit)} – ${figureWords(normal.most, unit)}`;
  if (aside === null) return t("figure.normal", "normal {{range}}", { range });
  return aside === "above"
    ? t("figure.above", "above normal {{range}}", { range })
    : t("figure.below", "below normal {{range}}", { range });
}

function Note({ words }: { readonly words: string | null }): ReactElement | null {
  const styles = useStyles2(getStyles);
  return words === null ? null : <div className={styles.note}>{words}</div>;
}

const digits = (value: number): string => (Math.abs(value) >= 10 ? fixed(value) : fixed(value, 1));

/** "12 /s", "38 ms", "0.4 %", "213 MiB" */
export function figureWords(value: number, unit: string): string {
  switch (unit) {
    case "per second":
      return `${digits(value)} /s`;
    case "seconds":
      return value < 1 ? `${fixed(value * 1000)} ms` : `${digits(value)} s`;
    case "ratio":
      return `${fixed(value * 100, 1)} %`;
    case "bytes":
      return `${fixed(value / 2 ** 20)} MiB`;
    case "cores":
      return t("figure.cores", "{{value}} cores", { value: fixed(value, 2) });
    default:
      return fixed(value);
  }
}

interface Change {
  readonly mark: "↑" | "↓" | "→";
  readonly percent: number;
  /** Of what against what. */
  readonly of: string;
}

/** The number against the day before, if that is known; else against the time shown but its newest fifth. Less than 10 % is no trend. */
export function trendOf(
  points: readonly Point[],
  value: number | null = null,
  dayBefore?: number | null,
): Change | null {
  if (value !== null && typeof dayBefore === "number")
    return { ...changeOf(dayBefore, value), of: t("figure.yesterday", "against the same hour yesterday") };
  const values = points.flatMap(([, one]) => (one === null ? [] : [one]));
  if (values.length < 5) return null;
  const cut = Math.floor(values.length * 0.8);
  const mean = (part: readonly number[]): number => part.reduce((sum, one) => sum + one, 0) / part.length;
  const change = changeOf(mean(values.slice(0, cut)), value ?? mean(values.slice(cut)));
  return { ...change, of: t("figure.lately", "against the time shown before") };
}

function changeOf(before: number, lately: number): Pick<Change, "mark" | "percent"> {
  if (before === 0) return { mark: lately === 0 ? "→" : "↑", percent: 0 };
  const percent = Math.round(((lately - before) / before) * 100);
  return { mark: percent >= 10 ? "↑" : percent <= -10 ? "↓" : "→", percent };
}

function Trend({ trend }: { readonly trend: Change | null }): ReactElement | null {
  const styles = useStyles2(getStyles);
  if (trend === null) return null;
  const percent = Math.abs(trend.percent) > MOST_PERCENT ? `> ${MOST_PERCENT}` : Math.abs(trend.percent);
  const words = trend.mark === "→" || trend.percent === 0 ? trend.mark : `${trend.mark} ${percent} %`;
  return (
    <span className={styles.trend} title={trend.of}>
      {words}
    </span>
  );
}

/** A number that was next to nothing before: how many times it is now says nothing. */
const MOST_PERCENT = 999;
const WIDTH = 120;
const HEIGHT = 24;

const tenths = (pixels: number): number => Math.round(pixels * 10) / 10;

/** Course of a number; a gap where it was not measured. */
function Sparkline({
  points,
  label,
}: {
  readonly points: readonly Point[];
  readonly label: string;
}): ReactElement | null {
  const styles = useStyles2(getStyles);
  const values = points.flatMap(([, value]) => (value === null ? [] : [value]));
  if (values.length < 2) return null;
  const most = Math.max(...values, 0);
  const least = Math.min(...values, 0);
  const span = most - least || 1;
  const place = (value: number, index: number): string =>
    `${tenths((index / (points.length - 1)) * WIDTH)},${tenths(HEIGHT - ((value - least) / span) * (HEIGHT - 2) - 1)}`;
  const path = points
    .map(([, value], index) =>
      value === null ? "" : `${index === 0 || points[index - 1]?.[1] === null ? "M" : "L"}${place(value, index)}`,
    )
    .join("");
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      className={styles.line}
      preserveAspectRatio="none"
      role="img"
      aria-label={t("figure.course", "Course of {{label}}", { label })}
    >
      <path d={path} />
    </svg>
  );
}

function getStyles(theme: GrafanaTheme2) {
  const number = {
    ...theme.typography.h3,
    margin: 0,
    fontVariantNumeric: "tabular-nums",
    display: "flex",
    flexWrap: "wrap",
    alignItems: "baseline",
    columnGap: theme.spacing(0.5),
  } as const;
  return {
    card: css({
      height: "100%",
      padding: theme.spacing(1, 1.5),
      background: theme.colors.background.primary,
      border: `1px solid ${theme.colors.border.weak}`,
      borderRadius: theme.shape.radius.default,
      minWidth: 0,
    }),
    label: css({
      ...theme.typography.bodySmall,
      color: theme.colors.text.secondary,
      overflow: "hidden",
      textOverflow: "ellipsis",
      whiteSpace: "nowrap",
      a: { color: theme.colors.text.link },
    }),
    usual: css(number),
    unusual: css({ ...number, color: theme.colors.warning.text }),
    old: css({ ...number, color: theme.colors.text.secondary }),
    trend: css({ ...theme.typography.bodySmall, whiteSpace: "nowrap", color: theme.colors.text.secondary }),
    note: css({ ...theme.typography.bodySmall, color: theme.colors.text.secondary, overflowWrap: "anywhere" }),
    line: css({
      display: "block",
      width: "100%",
      height: HEIGHT,
      marginTop: theme.spacing(0.5),
      // The drawing is stretched, its line is not.
      path: {
        fill: "none",
        stroke: theme.colors.primary.text,
        strokeWidth: 1.5,
        vectorEffect: "non-scaling-stroke",
      },
    }),
  };
}
