import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { useStyles2 } from "@grafana/ui";
import type { ReactElement } from "react";
import type { Request } from "../api/contract.ts";
import { CommandButton } from "../parts/command-button.tsx";
import { hrefOf } from "../parts/place.ts";
import { useNow } from "../parts/tick.ts";
import { ageWords, clockTime, listed } from "../parts/words.ts";
import { t } from "../translate.ts";

const STATE_WORDS: Readonly<Record<string, () => string>> = {
  waiting: () => t("request.waiting", "✋ waiting for a second person"),
  approved: () => t("request.approved", "✓ approved"),
  denied: () => t("request.denied", "🚫 denied"),
  withdrawn: () => t("request.withdrawn", "⏹ withdrawn"),
  expired: () => t("request.expired", "⌛ expired"),
  void: () => t("request.void", "⌛ void"),
};

/** "✋ waiting for a second person" */
export const requestWords = ({ state }: Pick<Request, "state">): string => STATE_WORDS[state]?.() ?? state;

interface RequestViewProps {
  readonly request: Request;
  /** Whether the reader asked for it; null: not known. Somebody else decides then. */
  readonly isMine: boolean | null;
}

/** A wish that needs a second person: what, by whom, why, until when, and what one may do about it. */
export function RequestView({ request, isMine }: RequestViewProps): ReactElement {
  const styles = useStyles2(getStyles);
  const now = useNow();
  const { id, command, targets, actor, door, reason, createdAt, expiresAt, why, rule, decidedBy, decisionReason } =
    request;
  const isWaiting = request.state === "waiting" && expiresAt > now;
  return (
    <article data-testid="request">
      <h3 className={styles.title}>
        {requestWords(request)} — {command} {listed(targets)} (<a href={hrefOf(`requests/${id}`)}>{id}</a>)
      </h3>
      <p>
        {t("request.asked", "asked by {{name}} {{at}} by {{door}}", {
          name: actor.name,
          at: clockTime(createdAt),
          door,
        })}{" "}
        · “{reason}” ·{" "}
        {t("word.agents", "{{count}} agents", { count: targets.length, defaultValue_one: "{{count}} agent" })}
        {isWaiting ? ` · ${t("request.ends", "ends in {{time}}", { time: ageWords((expiresAt - now) / 1000) })}` : ""}
      </p>
      <p>{t("request.second", "Second person: {{why}} (rule {{rule}})", { why, rule })}</p>
      {decidedBy === null ? null : (
        <p>
          {t("requests.decided-by", "decided by {{name}}", { name: decidedBy.name })}
          {decisionReason === null ? "" : `: ${decisionReason}`}
        </p>
      )}
      {request.operationId === null ? null : (
        <p>
          {t("request.became", "became")}{" "}
          <a href={hrefOf(`operations/${request.operationId}`)}>{request.operationId}</a>
        </p>
      )}
      {isWaiting ? <Buttons id={id} isMine={isMine} /> : null}
    </article>
  );
}

function Buttons({ id, isMine }: { readonly id: string; readonly isMine: boolean | null }): ReactElement {
  return (
    <p style={{ display: "flex", gap: 8, flexWrap: "wrap", alignItems: "center" }}>
      {isMine === true ? t("request.mine", "You asked for it, so somebody else decides.") : null}
      {isMine === true ? null : (
        <>
          <CommandButton command="deny" input={{ request: id }} label={t("verb.deny", "Deny…")} />
          <CommandButton command="approve" input={{ request: id }} label={t("verb.approve", "Approve…")} />
        </>
      )}
      {isMine === false ? null : (
        <CommandButton command="withdraw" input={{ request: id }} label={t("verb.withdraw", "Withdraw…")} />
      )}
    </p>
  );
}

function getStyles(theme: GrafanaTheme2) {
  return { title: css({ ...theme.typography.body, fontWeight: theme.typography.fontWeightMedium }) };
}
