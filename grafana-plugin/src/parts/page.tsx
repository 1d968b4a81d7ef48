import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { PluginPage } from "@grafana/runtime";
import { Alert, useStyles2 } from "@grafana/ui";
import { lazy, type ReactElement, type ReactNode, Suspense, useCallback, useState } from "react";
import { reach } from "../api/reach.ts";
import { useStore } from "../api/store.ts";
import { t } from "../translate.ts";
import { BottomBar } from "./bottom-bar.tsx";
import { ContextSelector } from "./context-selector.tsx";
import { usePageKeys } from "./keys.ts";
import { LiveMark } from "./live-mark.tsx";
import { Ordered } from "./ordered.tsx";
import { goTo, hrefOf } from "./place.ts";
import { Refresh } from "./refresh-picker.tsx";
import { PHONE, THUMB_PX } from "./screen.ts";
import { useSeesNothing } from "./sees-nothing.ts";
import { clockTime } from "./words.ts";

// Only for who asks for it.
const KeysHelp = lazy(() => import("../pages/keys-help.tsx"));
const NoRole = lazy(() => import("../pages/no-role.tsx"));

interface PageProps {
  readonly title: string;
  /** The page above it, for the breadcrumbs: `agents`. */
  readonly above?: { readonly title: string; readonly page: string };
  readonly actions?: ReactNode;
  /** Says that this page shows everything, whatever group or agent is chosen. */
  readonly ignoresContext?: boolean;
  readonly children: ReactNode;
}

/** What every page has: title, what all pages look at, whether it is live, the banner while the service is away, keys and the drawer. */
export function Page({ title, above, actions, ignoresContext = false, children }: PageProps): ReactElement {
  const styles = useStyles2(getStyles);
  const [isHelpOpen, setHelpOpen] = useState(false);
  const seesNothing = useSeesNothing();
  const abovePage = above?.page;
  usePageKeys({
    onHelp: useCallback(() => setHelpOpen(true), []),
    onBack: useCallback(() => abovePage !== undefined && goTo(abovePage), [abovePage]),
  });
  const pageNav = {
    text: title,
    ...(above === undefined ? {} : { parentItem: { text: above.title, url: hrefOf(above.page) } }),
  };
  return (
    <PluginPage pageNav={pageNav} actions={<div className={styles.actions}>{actions}</div>}>
      <div className={styles.bar}>
        <ContextSelector />
        {ignoresContext ? (
          <span className={styles.small}>{t("part.shows-all", "This page shows the whole fleet.")}</span>
        ) : null}
        <span className={styles.space} />
        <LiveMark />
        <Refresh />
      </div>
      <AwayBanner />
      <div className={styles.grid}>
        {seesNothing === null ? (
          children
        ) : (
          <Suspense fallback={null}>
            <NoRole why={seesNothing} />
          </Suspense>
        )}
      </div>
      <Ordered />
      <BottomBar />
      {isHelpOpen ? (
        <Suspense fallback={null}>
          <KeysHelp onClose={() => setHelpOpen(false)} />
        </Suspense>
      ) : null}
    </PluginPage>
  );
}

function AwayBanner(): ReactElement | null {
  const { isAway, since } = useStore(reach);
  if (!isAway) return null;
  const words =
    since === null
      ? t("part.away", "Not reachable")
      : t("part.away-since", "Not reachable since {{at}}; you see what was known then", { at: clockTime(since) });
  return <Alert severity="warning" title={words} />;
}

function getStyles(theme: GrafanaTheme2) {
  const touchable = { [PHONE]: { button: { minHeight: THUMB_PX, minWidth: THUMB_PX, justifyContent: "center" } } };
  return {
    actions: css({
      display: "flex",
      flexWrap: "wrap",
      gap: theme.spacing(1),
      paddingBottom: theme.spacing(1),
      ...touchable,
    }),
    bar: css({
      display: "flex",
      alignItems: "center",
      flexWrap: "wrap",
      gap: theme.spacing(1),
      marginBottom: theme.spacing(2),
    }),
    space: css({ flexGrow: 1 }),
    small: css({ ...theme.typography.bodySmall, color: theme.colors.text.secondary }),
    grid: css({
      display: "grid",
      gridTemplateColumns: "repeat(12, minmax(0, 1fr))",
      gap: theme.spacing(2),
      ...touchable,
      [PHONE]: { ...touchable[PHONE], marginBottom: 64 },
      // Grafana's own pages leave links uncoloured in plain text. Within words a colour alone does not tell a link.
      "a:not([role=button])": { color: theme.colors.text.link },
      "p a, li a, h3 a": { textDecoration: "underline" },
    }),
  };
}
