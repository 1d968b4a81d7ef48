import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";

/** Narrower than this a row has three lines. */
export const PHONE_PX = 600;
const PHONE = `@media (max-width: ${PHONE_PX - 1}px)`;
const NARROW = "@media (max-width: 1199px)";

export function getAgentTableStyles(theme: GrafanaTheme2) {
  const cut = { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" } as const;
  return {
    ...getRowStyles(theme),
    scroller: css({
      overflow: "auto",
      maxHeight: "max(300px, calc(100vh - 340px))",
      border: `1px solid ${theme.colors.border.weak}`,
      borderRadius: theme.shape.radius.default,
    }),
    list: css({ position: "relative", listStyle: "none", margin: 0 }),
    group: css({ gridTemplateColumns: "1fr !important", background: theme.colors.background.secondary }),
    toggle: css({ all: "unset", cursor: "pointer", fontWeight: theme.typography.fontWeightMedium }),
    current: css({ background: theme.colors.action.hover, boxShadow: `inset 3px 0 ${theme.colors.primary.main}` }),
    check: css({ [PHONE]: { gridRow: "span 3" } }),
    name: css({ ...cut, fontWeight: theme.typography.fontWeightMedium }),
    badge: css({ ...cut, [PHONE]: { ...theme.typography.bodySmall, textAlign: "right" } }),
    verdict: css({ ...cut, [PHONE]: { gridColumn: "2 / -1" } }),
    wide: css({ ...cut, color: theme.colors.text.secondary, [NARROW]: { display: "none" } }),
    number: css({ textAlign: "right", fontVariantNumeric: "tabular-nums" }),
    third: css({
      ...theme.typography.bodySmall,
      ...cut,
      display: "none",
      color: theme.colors.text.secondary,
      [PHONE]: { display: "block", gridColumn: "2 / -1" },
    }),
  };
}

function getRowStyles(theme: GrafanaTheme2) {
  return {
    row: css({
      position: "absolute",
      insetInline: 0,
      display: "grid",
      gridTemplateColumns:
        "20px minmax(130px, 1.3fr) minmax(200px, 1.6fr) minmax(140px, 2.2fr) 56px 52px minmax(60px, 0.6fr) minmax(64px, 0.6fr) 48px",
      alignItems: "center",
      gap: theme.spacing(1),
      padding: theme.spacing(0, 1),
      borderBottom: `1px solid ${theme.colors.border.weak}`,
      [NARROW]: { gridTemplateColumns: "32px 1fr 1.2fr 1.4fr" },
      [PHONE]: {
        // The name comes first: of the badge its first words say the most.
        gridTemplateColumns: "24px fit-content(65%) minmax(0, 1fr)",
        gridTemplateRows: "repeat(3, auto)",
        alignContent: "center",
        gap: theme.spacing(0, 1),
      },
    }),
    head: css({
      ...theme.typography.bodySmall,
      position: "sticky",
      top: 0,
      zIndex: 1,
      minHeight: 28,
      background: theme.colors.background.canvas,
      color: theme.colors.text.secondary,
      "span:nth-of-type(5)": { textAlign: "right" },
      [NARROW]: { display: "none" },
    }),
  };
}
