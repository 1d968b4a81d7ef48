import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { useStyles2 } from "@grafana/ui";
import type { ReactElement } from "react";
import type { Request } from "../api/contract.ts";
import { CommandButton } from "./command-button.tsx";
import { hrefOf } from "./place.ts";
import { useNow } from "./tick.ts";
import { ageWords, clockTime, listed } from "./words.ts";

const STATE_WORDS: Readonly<Record<string, string>> = {
  waiting: "✋ waiting for a second person",
  approved: "✓ approved",
  denied: "🚫 denied",
  withdrawn: "⏹ withdrawn",
  expired: "⌛ expired",
  void: "⌛ void",
};

/** "✋ waiting for a second person" */
export const requestWords = ({ state }: Pick<Request, "state">): string => STATE_WORDS[state] ?? state;

/** A wish that needs a second person: what, by whom, why, until when, and what one may do about it. */
export function RequestView({ request }: { readonly request: Request }): ReactElement {
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
        asked by {actor.name} {clockTime(createdAt)} by {door} · “{reason}” · {targets.length} agents
        {isWaiting ? ` · ends in ${ageWords((expiresAt - now) / 1000)}` : ""}
      </p>
      <p>
        Second person: {why} (rule {rule})
      </p>
      {decidedBy === null ? null : (
        <p>
          decided by {decidedBy.name}
          {decisionReason === null ? "" : `: ${decisionReason}`}
        </p>
      )}
      {request.operationId === null ? null : (
        <p>
          became <a href={hrefOf(`operations/${request.operationId}`)}>{request.operationId}</a>
        </p>
      )}
      {isWaiting ? (
        <p style={{ display: "flex", gap: 8, flexWrap: "wrap" }}>
          <CommandButton command="deny" input={{ request: id }} label="Deny…" />
          <CommandButton command="approve" input={{ request: id }} label="Approve…" />
          <CommandButton command="withdraw" input={{ request: id }} label="Withdraw…" />
        </p>
      ) : null}
    </article>
  );
}

function getStyles(theme: GrafanaTheme2) {
  return { title: css({ ...theme.typography.body, fontWeight: theme.typography.fontWeightMedium }) };
}
