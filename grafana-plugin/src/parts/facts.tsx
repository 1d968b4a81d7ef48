import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { useStyles2 } from "@grafana/ui";
import type { ReactElement, ReactNode } from "react";

/** Names with what they stand for, as many beside each other as there is room for. */
export function Facts({ facts }: { readonly facts: Readonly<Record<string, ReactNode>> }): ReactElement {
  const styles = useStyles2(getStyles);
  return (
    <dl className={styles.facts}>
      {Object.entries(facts).map(([name, fact]) => (
        <div key={name}>
          <dt className={styles.name}>{name}</dt>
          <dd className={styles.fact}>{fact}</dd>
        </div>
      ))}
    </dl>
  );
}

function getStyles(theme: GrafanaTheme2) {
  return {
    facts: css({
      display: "grid",
      gridTemplateColumns: "repeat(auto-fill, minmax(min(100%, 140px), 1fr))",
      gap: theme.spacing(1, 2),
      margin: 0,
    }),
    name: css({
      ...theme.typography.bodySmall,
      color: theme.colors.text.secondary,
      fontWeight: theme.typography.fontWeightRegular,
    }),
    fact: css({ margin: 0, overflowWrap: "anywhere" }),
  };
}
