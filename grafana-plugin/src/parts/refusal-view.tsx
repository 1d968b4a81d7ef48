import { Trans } from "@grafana/i18n";
import { Alert, Button } from "@grafana/ui";
import type { ReactElement } from "react";
import type { Refusal } from "../api/refusal.ts";
import { t } from "../translate.ts";
import { PageLink } from "./page-link.tsx";

interface RefusalViewProps {
  readonly refusal: Refusal;
  readonly onRetry?: (() => void) | undefined;
  /** What was to be done, if anything was: "restart billing". */
  readonly wish?: string | undefined;
}

/** Why there is no answer: what was found, what is allowed, what to do next, and the id to quote. */
export function RefusalView({ refusal, onRetry, wish }: RefusalViewProps): ReactElement {
  const { kind, detail } = refusal;
  return (
    <Alert severity={kind === "away" ? "warning" : "error"} title={titleOf(refusal, wish)}>
      {detail.found === null || detail.found === undefined ? null : (
        <p>{t("refusal.found", "Found: {{what}}", { what: detail.found })}</p>
      )}
      {detail.allowed === undefined || detail.allowed.length === 0 ? null : (
        <p>{t("refusal.allowed", "Allowed: {{what}}", { what: detail.allowed.join(", ") })}</p>
      )}
      {detail.next === null || detail.next === undefined ? null : <p>{detail.next}</p>}
      {kind === "unknown-person" ? (
        <p>
          <Trans
            i18nKey="refusal.unknown-hint"
            defaults="Rollcall knows people by their address in Grafana, if Grafana vouches for it. An admin of Rollcall adds you to access.yaml, or to a group of the directory. <again>Try again</again> after that."
            components={{ again: <PageLink page="overview" /> }}
          />
        </p>
      ) : null}
      {detail.id === undefined ? null : <p>{t("refusal.ref", "ref {{id}}", { id: detail.id })}</p>}
      {onRetry === undefined ? null : (
        <Button size="sm" variant="secondary" onClick={onRetry}>
          {t("verb.retry", "Retry")}
        </Button>
      )}
    </Alert>
  );
}

function titleOf({ kind, message }: Refusal, wish: string | undefined): string {
  if (kind === "away")
    return wish === undefined
      ? t("part.away", "Not reachable")
      : t("refusal.no-answer", "No answer to {{wish}}. It may have begun: do not repeat, look first.", { wish });
  if (kind === "unknown-person") return t("refusal.unknown", "Rollcall does not know you: {{message}}", { message });
  return wish === undefined ? message : t("refusal.not-done", "Not done: {{message}}", { message });
}
