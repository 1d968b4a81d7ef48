import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { Tooltip, useStyles2 } from "@grafana/ui";
import { type ReactElement, useEffect, useRef, useState } from "react";
import type { Agent, Health } from "../api/contract.ts";
import { t } from "../translate.ts";
import { useNow } from "./tick.ts";
import { ageWords, markOfAgent, momentWords } from "./words.ts";

/** Three missed beats: what was said before is only the last that is known. */
const TOO_OLD_SECONDS = 60;

const RUNGS = [
  { name: "process", words: () => t("rung.process", "process up") },
  { name: "heartbeat", words: () => t("rung.heartbeat", "heartbeat fresh") },
  { name: "answers", words: () => t("rung.answers", "answers on the bus") },
  { name: "works", words: () => t("rung.works", "takes work") },
  { name: "in-time", words: () => t("rung.in-time", "within its normal time") },
];

/** "rung 4 of 5" */
export const rungWords = ({ rung, provable }: Pick<Agent, "rung" | "provable">): string =>
  rung === null ? t("rung.unknown", "rung unknown") : t("rung.of", "rung {{rung}} of {{provable}}", { rung, provable });

interface StatusBadgeProps {
  readonly agent: Agent;
  /** When that was seen, by the service's clock. */
  readonly at: number | null;
}

/** `● healthy · processing · 2 s`: health is the reader's, activity the agent's word; hollow once it is too old. */
export function StatusBadge({ agent, at }: StatusBadgeProps): ReactElement {
  const styles = useStyles2(getStyles);
  const [near, setNear] = useState<"pointer" | "focus" | null>(null);
  const badge = useRef<HTMLSpanElement>(null);
  // It has just been drawn anew, within a tooltip.
  useEffect(() => {
    if (near === "focus") badge.current?.focus();
  }, [near]);
  // What a tooltip gives to what it is about; it costs as much as the rest of a row, so it is made for whoever comes near.
  const reached = { tabIndex: 0, onPointerEnter: () => setNear("pointer"), onFocus: () => setNear("focus") };
  const parts = {
    ...{ className: styles.badge, "data-health": agent.health, "data-testid": "status-badge" },
    children: <BadgeWords agent={agent} at={at} />,
  };
  if (near === null) return <span {...parts} {...reached} />;
  return (
    <Tooltip ref={badge} content={<Rungs agent={agent} />} interactive>
      <span {...parts} />
    </Tooltip>
  );
}

function BadgeWords({ agent, at }: StatusBadgeProps): ReactElement {
  const styles = useStyles2(getStyles);
  const now = useNow();
  const isOld = at === null || (now - at) / 1000 > TOO_OLD_SECONDS;
  const word = agent.health === "off" ? agent.verdict : agent.health;
  const known = (): string => t("word.last-known", "last known {{word}}", { word });
  const words = isOld ? `${known()}${at === null ? "" : ` ${momentWords(at, now)}`}` : word;
  const beat = agent.lastHeartbeatAt === null ? null : ageWords((now - agent.lastHeartbeatAt) / 1000);
  const mark = markOfAgent(agent);
  return (
    <>
      <span aria-hidden className={isOld ? styles.old : styles[agent.health]}>
        {mark}
      </span>{" "}
      {[words, isOld ? null : agent.activity, isOld ? null : beat].filter((part) => part !== null).join(" · ")}
    </>
  );
}

function Rungs({ agent }: { readonly agent: Agent }): ReactElement {
  return (
    <div>
      <div>{rungWords(agent)}</div>
      {RUNGS.slice(0, agent.provable).map(({ name, words }, index) => (
        <div key={name}>
          {agent.rung === null ? "?" : index < agent.rung ? "✓" : "✗"} {words()}
        </div>
      ))}
    </div>
  );
}

/** The five rungs, upright or in a row. */
export function RungBar({ agent }: { readonly agent: Pick<Agent, "rung" | "provable"> }): ReactElement {
  const styles = useStyles2(getStyles);
  const { rung, provable } = agent;
  return (
    <span role="img" aria-label={rungWords(agent)} className={styles.bar}>
      {RUNGS.slice(0, provable).map(({ name }, index) => (
        <span key={name} className={rung !== null && index < rung ? styles.passed : styles.missed} />
      ))}
    </span>
  );
}

/** A mark and a word for one health, for counts and chips. */
export function HealthMark({ health, mark }: { readonly health: Health; readonly mark: string }): ReactElement {
  const styles = useStyles2(getStyles);
  return (
    <span aria-hidden className={styles[health]}>
      {mark}
    </span>
  );
}

function getStyles(theme: GrafanaTheme2) {
  const colour = (value: string) => css({ color: value });
  const block = { width: 10, height: 10, borderRadius: theme.shape.radius.default, display: "inline-block" };
  return {
    badge: css({ whiteSpace: "nowrap", fontVariantNumeric: "tabular-nums" }),
    healthy: colour(theme.colors.success.text),
    degraded: colour(theme.colors.warning.text),
    critical: colour(theme.colors.error.text),
    unknown: colour(theme.colors.text.secondary),
    off: colour(theme.colors.text.secondary),
    old: css({ color: "transparent", WebkitTextStroke: `1px ${theme.colors.text.secondary}` }),
    bar: css({ display: "inline-flex", gap: 2, verticalAlign: "middle" }),
    passed: css({ ...block, background: theme.colors.success.main }),
    missed: css({ ...block, background: theme.colors.border.medium }),
  };
}
