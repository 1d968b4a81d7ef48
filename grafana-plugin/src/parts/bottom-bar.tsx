import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { Icon, type IconName, useStyles2 } from "@grafana/ui";
import { memo, type ReactElement } from "react";
import { agents, incidents, requests } from "../api/lists.ts";
import { useLiveList } from "../api/live-list.ts";
import { t } from "../translate.ts";
import { hrefOf, usePlace } from "./place.ts";
import { PHONE } from "./screen.ts";
import { useNow } from "./tick.ts";

/** The four pages of somebody with a phone, within reach of a thumb, with what each of them holds. */
export const BottomBar = memo(function BottomBar(): ReactElement {
  const styles = useStyles2(getStyles);
  const { page } = usePlace();
  return (
    <nav className={styles.bar} aria-label={t("page.all", "Rollcall pages")}>
      {useTabs().map(({ name, title, icon, count }) => (
        <a key={name} href={hrefOf(name)} aria-current={page === name ? "page" : undefined} className={styles.tab}>
          <Icon name={icon} />
          <span>
            {title}
            {count === null ? "" : ` ${count}`}
          </span>
        </a>
      ))}
    </nav>
  );
});

interface BarTab {
  readonly name: string;
  readonly title: string;
  readonly icon: IconName;
  /** null: not known, or nothing to count. */
  readonly count: number | null;
}

function useTabs(): BarTab[] {
  const now = useNow();
  const fleet = useLiveList(agents);
  const alerts = useLiveList(incidents);
  const asked = useLiveList(requests);
  const firing = [...alerts.items.values()].filter(({ state }) => state === "firing").length;
  const waiting = [...asked.items.values()].filter(({ state, expiresAt }) => state === "waiting" && expiresAt > now);
  return [
    { name: "overview", title: t("page.overview", "Overview"), icon: "apps", count: null },
    { name: "alerts", title: t("page.alerts", "Alerts"), icon: "bell", count: alerts.at === null ? null : firing },
    {
      name: "agents",
      title: t("page.agents", "Agents"),
      icon: "list-ul",
      count: fleet.at === null ? null : fleet.items.size,
    },
    {
      name: "requests",
      title: t("page.requests", "Requests"),
      icon: "check",
      count: asked.at === null ? null : waiting.length,
    },
  ];
}

function getStyles(theme: GrafanaTheme2) {
  return {
    bar: css({
      display: "none",
      [PHONE]: {
        display: "grid",
        gridTemplateColumns: "repeat(4, 1fr)",
        position: "fixed",
        insetInline: 0,
        bottom: 0,
        zIndex: theme.zIndex.navbarFixed,
        paddingBottom: "env(safe-area-inset-bottom)",
        background: theme.colors.background.primary,
        borderTop: `1px solid ${theme.colors.border.medium}`,
      },
    }),
    tab: css({
      ...theme.typography.bodySmall,
      display: "flex",
      flexDirection: "column",
      alignItems: "center",
      justifyContent: "center",
      minHeight: 52,
      color: theme.colors.text.secondary,
      "&[aria-current]": { color: theme.colors.text.primary, boxShadow: `inset 0 2px ${theme.colors.primary.main}` },
    }),
  };
}
