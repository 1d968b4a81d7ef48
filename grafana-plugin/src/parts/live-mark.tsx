import { Button, useTheme2 } from "@grafana/ui";
import { memo, type ReactElement } from "react";
import { liveState, liveStream } from "../api/live.ts";
import { useStore } from "../api/store.ts";
import { t } from "../translate.ts";
import { clockTime } from "./words.ts";

/** ● live · ↻ reconnecting · ◌ stale since 02:41:10 [Retry] */
export const LiveMark = memo(function LiveMark(): ReactElement {
  const { kind, since } = useStore(liveState);
  const { colors } = useTheme2();
  if (kind === "live")
    return (
      <span role="status">
        <span style={{ color: colors.success.text }}>●</span> {t("live.on", "live")}
      </span>
    );
  if (kind === "reconnecting") return <span role="status">↻ {t("live.reconnecting", "reconnecting")}</span>;
  if (kind === "resting") return <span role="status">◌ {t("live.resting", "resting while unseen")}</span>;
  return (
    <span role="status">
      ◌{" "}
      {since === null
        ? t("live.not-yet", "not live yet")
        : t("live.stale", "stale since {{at}}", { at: clockTime(since) })}{" "}
      <Button size="sm" variant="secondary" fill="text" onClick={liveStream().retry}>
        {t("verb.retry", "Retry")}
      </Button>
    </span>
  );
});
