import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { config } from "@grafana/runtime";
import { useStyles2 } from "@grafana/ui";
import type { ReactElement } from "react";
import { PROXY } from "../api/ask.ts";
import type { Report } from "../api/contract.ts";
import { CommandButton } from "./command-button.tsx";
import { ReportText } from "./report-text.tsx";
import { useNow } from "./tick.ts";

/** An answer of a read, in the words that Slack and the terminal show. */
export function ReportView({ report }: { readonly report: Report }): ReactElement {
  const styles = useStyles2(getStyles);
  const now = useNow();
  const { headline, context, lines, fields, actions, sameAs, picture } = report;
  return (
    <div data-testid="report" className={styles.report}>
      <p className={styles.headline}>
        <ReportText text={headline} now={now} />
      </p>
      {context === null ? null : (
        <p className={styles.small}>
          <ReportText text={context} now={now} />
        </p>
      )}
      <ul className={styles.lines}>
        {lines.map((line) => (
          <li key={line}>
            <ReportText text={line} now={now} />
          </li>
        ))}
      </ul>
      {fields.length === 0 ? null : (
        <dl className={styles.fields}>
          {fields.map(({ name, value }) => (
            <div key={name}>
              <dt className={styles.small}>{name}</dt>
              <dd>
                <ReportText text={value} now={now} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {picture === undefined ? null : (
        <img className={styles.picture} src={`${config.appSubUrl ?? ""}/${PROXY}${picture.path}`} alt={picture.words} />
      )}
      <div className={styles.actions}>
        {actions.map(({ label, command, input, danger }) => (
          <CommandButton key={label} command={command} input={input} label={label} isDanger={danger} />
        ))}
      </div>
      {sameAs === null ? null : <p className={styles.small}>{sameAs}</p>}
    </div>
  );
}

function getStyles(theme: GrafanaTheme2) {
  return {
    report: css({ overflowWrap: "anywhere" }),
    headline: css({ ...theme.typography.h5, margin: 0 }),
    small: css({ ...theme.typography.bodySmall, color: theme.colors.text.secondary, margin: 0 }),
    lines: css({ listStyle: "none", margin: theme.spacing(1, 0) }),
    fields: css({
      display: "grid",
      gridTemplateColumns: "repeat(auto-fill, minmax(140px, 1fr))",
      gap: theme.spacing(1),
    }),
    picture: css({ width: "100%", maxWidth: 720 }),
    actions: css({ display: "flex", flexWrap: "wrap", gap: theme.spacing(1), margin: theme.spacing(1, 0) }),
  };
}
