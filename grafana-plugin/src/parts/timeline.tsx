import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { Button, useStyles2 } from "@grafana/ui";
import { type ReactElement, type ReactNode, useState } from "react";
import { t } from "../translate.ts";
import { useNow } from "./tick.ts";
import { momentWords, startOfDay } from "./words.ts";

/** One thing that happened. */
export interface Entry {
  readonly id: string;
  /** ms since the epoch */
  readonly at: number;
  readonly mark: string;
  /** What kind of thing: "restart". */
  readonly type?: string;
  /** How it stands, or ended: "recovered". */
  readonly state?: string;
  readonly words: string;
  /** Who, and by which door. */
  readonly by: string | null;
  readonly href?: string | null;
  readonly detail?: () => ReactNode;
}

const PAGE = 50;

/** As the address says it. */
export type Day = "Today" | "Yesterday" | "Last 7 days" | "Before";

/** How a day is called. */
export const DAY_WORDS: Readonly<Record<Day, () => string>> = {
  Today: () => t("day.today", "Today"),
  Yesterday: () => t("day.yesterday", "Yesterday"),
  "Last 7 days": () => t("day.week", "Last 7 days"),
  Before: () => t("day.before", "Before"),
};

export function dayOf(at: number, now: number): Day {
  if (at >= startOfDay(now)) return "Today";
  if (at >= startOfDay(now, 1)) return "Yesterday";
  return at >= startOfDay(now, 7) ? "Last 7 days" : "Before";
}

/** What happened, newest first, under the day it happened on; fifty at a time. */
export function Timeline({
  entries,
  empty,
}: {
  readonly entries: readonly Entry[];
  readonly empty: string;
}): ReactElement {
  const styles = useStyles2(getStyles);
  const [shown, setShown] = useState(PAGE);
  const now = useNow();
  if (entries.length === 0) return <p>{empty}</p>;
  const groups = Map.groupBy(entries.toSorted((one, other) => other.at - one.at).slice(0, shown), ({ at }) =>
    dayOf(at, now),
  );
  return (
    <div data-testid="timeline">
      {[...groups].map(([day, rows]) => (
        <section key={day}>
          <h3 className={styles.day}>{DAY_WORDS[day]()}</h3>
          <ol className={styles.rows}>
            {rows.map((entry) => (
              <Row key={entry.id} entry={entry} now={now} />
            ))}
          </ol>
        </section>
      ))}
      {entries.length > shown ? (
        <Button size="sm" variant="secondary" onClick={() => setShown(shown + PAGE)}>
          {t("part.more", "{{n}} more", { n: Math.min(PAGE, entries.length - shown) })}
        </Button>
      ) : null}
    </div>
  );
}

function Row({ entry, now }: { readonly entry: Entry; readonly now: number }): ReactElement {
  const styles = useStyles2(getStyles);
  const { at, mark, words, by, detail } = entry;
  const [isOpen, setOpen] = useState(false);
  const link = typeof entry.href === "string" ? <a href={entry.href}>{words}</a> : null;
  const line = (
    <>
      <time dateTime={new Date(at).toISOString()} className={styles.time}>
        {momentWords(at, now)}
      </time>{" "}
      {mark} {detail === undefined ? (link ?? words) : words}
      {by === null ? "" : <span className={styles.by}> · {by}</span>}
    </>
  );
  return (
    <li>
      {detail === undefined ? (
        line
      ) : (
        <details onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary>{line}</summary>
          {isOpen ? (
            <>
              {link}
              {detail()}
            </>
          ) : null}
        </details>
      )}
    </li>
  );
}

function getStyles(theme: GrafanaTheme2) {
  return {
    day: css({ ...theme.typography.bodySmall, color: theme.colors.text.secondary, margin: theme.spacing(1, 0, 0.5) }),
    rows: css({
      listStyle: "none",
      margin: 0,
      a: { color: theme.colors.text.link },
      li: { padding: theme.spacing(0.25, 0) },
    }),
    time: css({ fontVariantNumeric: "tabular-nums", color: theme.colors.text.secondary }),
    by: css({ color: theme.colors.text.secondary }),
  };
}
