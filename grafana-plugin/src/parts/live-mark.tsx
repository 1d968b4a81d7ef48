import { Button, useTheme2 } from "@grafana/ui";
import type { ReactElement } from "react";
import { liveState, liveStream } from "../api/live.ts";
import { useStore } from "../api/store.ts";
import { clockTime } from "./words.ts";

/** ● live · ↻ reconnecting · ◌ stale since 02:41:10 [Retry] */
export function LiveMark(): ReactElement {
  const { kind, since } = useStore(liveState);
  const { colors } = useTheme2();
  if (kind === "live")
    return (
      <span role="status">
        <span style={{ color: colors.success.text }}>●</span> live
      </span>
    );
  if (kind === "reconnecting") return <span role="status">↻ reconnecting</span>;
  if (kind === "resting") return <span role="status">◌ resting while unseen</span>;
  return (
    <span role="status">
      ◌ {since === null ? "not live yet" : `stale since ${clockTime(since)}`}{" "}
      <Button size="sm" variant="secondary" fill="text" onClick={liveStream().retry}>
        Retry
      </Button>
    </span>
  );
}
