import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { PHONE, THUMB_PX } from "../parts/screen.ts";

/** Every row has the same height, so that nothing moves when older ones come before it. */
export const ROW_PX = 28;
/** What stands before the first row. */
export const EDGE_PX = 24;
/** Two lines, and enough for a thumb. */
export const PHONE_ROW_PX = 52;

const CUT = { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" } as const;

export function getLogStyles(theme: GrafanaTheme2) {
  return { ...getListStyles(theme), ...getRowStyles(theme), ...getLevelStyles(theme) };
}

function getListStyles(theme: GrafanaTheme2) {
  return {
    frame: css({ position: "relative" }),
    scroller: css({
      position: "relative",
      overflow: "auto",
      // What is put before the first row is moved by us, to the pixel.
      overflowAnchor: "none",
      height: "max(400px, calc(100vh - 480px))",
      border: `1px solid ${theme.colors.border.weak}`,
      borderRadius: theme.shape.radius.default,
      [PHONE]: { height: "max(320px, calc(100vh - 260px))" },
    }),
    list: css({ position: "relative", listStyle: "none", margin: "0 !important" }),
    short: css({ listStyle: "none", margin: 0 }),
    placed: css({ position: "absolute", insetInline: 0, top: 0 }),
    newest: css({ position: "absolute", insetInline: 0, bottom: theme.spacing(1), textAlign: "center" }),
    thumb: css({ [PHONE]: { minHeight: THUMB_PX } }),
    edge: css({
      ...theme.typography.bodySmall,
      color: theme.colors.text.secondary,
      margin: 0,
      padding: theme.spacing(0.25, 1),
      position: "absolute",
      width: "100%",
    }),
  };
}

function getRowStyles(theme: GrafanaTheme2) {
  return {
    row: css({
      ...{ display: "grid", gridTemplateColumns: "auto 44px minmax(80px, 170px) minmax(0, 1fr)", alignItems: "center" },
      position: "relative",
      height: ROW_PX,
      gap: theme.spacing(0, 1),
      padding: theme.spacing(0, 1),
      borderLeft: "4px solid transparent",
      fontFamily: theme.typography.fontFamilyMonospace,
      fontSize: theme.typography.bodySmall.fontSize,
      "&:hover, &:focus-within": { background: theme.colors.action.hover },
      [PHONE]: {
        height: PHONE_ROW_PX,
        borderBottom: `1px solid ${theme.colors.border.weak}`,
        gridTemplateColumns: "44px minmax(0, 1fr) auto",
        gridTemplateRows: "1fr 1fr",
        alignContent: "center",
      },
    }),
    current: css({ outline: `1px solid ${theme.colors.primary.border}`, outlineOffset: -1 }),
    time: css({
      fontVariantNumeric: "tabular-nums",
      whiteSpace: "nowrap",
      color: `${theme.colors.text.secondary} !important`,
      textDecoration: "none !important",
      // The row is the link.
      "&::after": { content: '""', position: "absolute", inset: 0 },
      [PHONE]: { order: 2 },
    }),
    level: css({ [PHONE]: { order: 0 } }),
    source: css({ ...CUT, [PHONE]: { order: 1 } }),
    text: css({ ...CUT, unicodeBidi: "isolate", [PHONE]: { order: 3, gridColumn: "1 / -1" } }),
    fields: css({ color: theme.colors.text.secondary, paddingLeft: theme.spacing(0.5) }),
    whole: css({ whiteSpace: "pre-wrap", overflowWrap: "anywhere", margin: 0, unicodeBidi: "isolate" }),
  };
}

/** How bad a line is: the worse, the thicker its bar; the word stands beside it. */
function getLevelStyles(theme: GrafanaTheme2) {
  const word = (style: Readonly<Record<string, string | number>>) => ({ "& > span:nth-of-type(1)": style });
  const quiet = css(word({ color: theme.colors.text.secondary }));
  const bad = { fontWeight: theme.typography.fontWeightBold, color: theme.colors.error.text };
  return {
    fatal: css({
      borderLeftColor: theme.colors.error.main,
      boxShadow: `inset 4px 0 ${theme.colors.error.main}`,
      ...word(bad),
    }),
    error: css({ borderLeftColor: theme.colors.error.main, ...word(bad) }),
    warn: css({ borderLeft: `4px dotted ${theme.colors.warning.main}`, ...word({ color: theme.colors.warning.text }) }),
    info: css(word({ color: theme.colors.text.primary })),
    debug: quiet,
    trace: quiet,
  };
}
