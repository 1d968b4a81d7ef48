import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { useStyles2 } from "@grafana/ui";
import { type ReactElement, type ReactNode, useId } from "react";
import { reach } from "../api/reach.ts";
import type { Refusal } from "../api/refusal.ts";
import { useStore } from "../api/store.ts";
import { t } from "../translate.ts";
import { Boundary } from "./boundary.tsx";
import { RefusalView } from "./refusal-view.tsx";

interface RegionProps {
  readonly title: string;
  /** How many it holds; said once it is known. */
  readonly count?: number;
  /** Whether there is something to draw; a skeleton stands in its place until then. */
  readonly isKnown: boolean;
  readonly refusal?: Refusal | null;
  readonly onRetry?: () => void;
  readonly actions?: ReactNode;
  /** Columns of twelve on a wide screen. */
  readonly columns?: number;
  readonly children: () => ReactNode;
}

/** A titled part of a page with all its states: skeleton, refusal, content, and grey while the service is away. */
export function Region({
  title,
  count,
  isKnown,
  refusal,
  onRetry,
  actions,
  columns = 12,
  children,
}: RegionProps): ReactElement {
  const styles = useStyles2(getStyles);
  const { isAway } = useStore(reach);
  const heading = useId();
  return (
    <section className={styles.region} style={{ "--columns": columns } as never} aria-labelledby={heading}>
      <div className={styles.head}>
        <h2 id={heading} className={styles.title}>
          {isKnown && count !== undefined ? `${title} (${count})` : title}
        </h2>
        {actions}
      </div>
      <Boundary name={title}>
        {isKnown ? (
          <div className={isAway ? styles.away : undefined}>
            <Drawn draw={children} />
          </div>
        ) : refusal === null || refusal === undefined ? (
          <Skeleton />
        ) : (
          <RefusalView refusal={refusal} onRetry={onRetry} />
        )}
      </Boundary>
    </section>
  );
}

// A component of its own, so that what breaks in it breaks inside the boundary.
const Drawn = ({ draw }: { readonly draw: () => ReactNode }): ReactNode => draw();

const WIDTHS = ["90%", "73%", "81%", "64%", "77%", "58%"];

/** Grey lines where words will be. */
export function Skeleton({ lines = 3 }: { readonly lines?: number }): ReactElement {
  const styles = useStyles2(getStyles);
  return (
    <div role="status" aria-label={t("part.loading", "Loading")} data-testid="skeleton">
      {WIDTHS.slice(0, lines).map((width) => (
        <div key={width} className={styles.line} style={{ width }} />
      ))}
    </div>
  );
}

function getStyles(theme: GrafanaTheme2) {
  return {
    region: css({
      gridColumn: "span var(--columns)",
      minWidth: 0,
      // A word that is longer than the region is broken.
      overflowWrap: "anywhere",
      padding: theme.spacing(1.5, 2),
      background: theme.colors.background.primary,
      border: `1px solid ${theme.colors.border.weak}`,
      borderRadius: theme.shape.radius.default,
      // What stands last brings no room below it: the region has its own.
      "p:last-child, ul:last-child, ol:last-child, dl:last-child, article:last-child": { marginBottom: 0 },
      [theme.breakpoints.down("md")]: { gridColumn: "1 / -1" },
    }),
    head: css({
      display: "flex",
      justifyContent: "space-between",
      alignItems: "center",
      gap: theme.spacing(1),
      flexWrap: "wrap",
    }),
    title: css({ ...theme.typography.h5, margin: theme.spacing(0, 0, 1, 0) }),
    away: css({ opacity: 0.6 }),
    line: css({
      height: 14,
      margin: theme.spacing(1, 0),
      borderRadius: theme.shape.radius.default,
      background: theme.colors.background.secondary,
    }),
  };
}
