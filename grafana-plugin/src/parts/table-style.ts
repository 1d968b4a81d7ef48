import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";

/** Rows of words and numbers: the first column is what they are about, numbers stand under each other. */
export function getTableStyles(theme: GrafanaTheme2) {
  const cells = { padding: theme.spacing(0.5, 1), verticalAlign: "top" } as const;
  return {
    scroller: css({ overflowX: "auto" }),
    table: css({
      width: "100%",
      fontVariantNumeric: "tabular-nums",
      caption: { captionSide: "top", padding: 0, color: theme.colors.text.secondary },
      "th, td": cells,
      "th:first-of-type": { textAlign: "left", paddingLeft: 0 },
      "thead th": {
        ...theme.typography.bodySmall,
        color: theme.colors.text.secondary,
        fontWeight: theme.typography.fontWeightRegular,
        textAlign: "left",
      },
      "tbody th": { fontWeight: theme.typography.fontWeightRegular, whiteSpace: "nowrap" },
      "tbody tr": { borderTop: `1px solid ${theme.colors.border.weak}` },
    }),
    numbers: css({ "th:not(:first-of-type), td": { textAlign: "right", whiteSpace: "nowrap" } }),
    small: css({ ...theme.typography.bodySmall, color: theme.colors.text.secondary }),
  };
}
