import { Alert, Button } from "@grafana/ui";
import type { ReactElement } from "react";
import type { Refusal } from "../api/refusal.ts";
import { hrefOf } from "./place.ts";

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
      {detail.found === null || detail.found === undefined ? null : <p>Found: {detail.found}</p>}
      {detail.allowed === undefined || detail.allowed.length === 0 ? null : <p>Allowed: {detail.allowed.join(", ")}</p>}
      {detail.next === null || detail.next === undefined ? null : <p>{detail.next}</p>}
      {kind === "unknown-person" ? (
        <p>
          Rollcall knows people by their address in Grafana, if Grafana vouches for it. An admin of Rollcall adds you to
          access.yaml, or to a group of the directory. <a href={hrefOf("overview")}>Try again</a> after that.
        </p>
      ) : null}
      {detail.id === undefined ? null : <p>ref {detail.id}</p>}
      {onRetry === undefined ? null : (
        <Button size="sm" variant="secondary" onClick={onRetry}>
          Retry
        </Button>
      )}
    </Alert>
  );
}

function titleOf({ kind, message }: Refusal, wish: string | undefined): string {
  if (kind === "away")
    return wish === undefined ? "Not reachable" : `No answer to ${wish}. It may have begun: do not repeat, look first.`;
  if (kind === "unknown-person") return `Rollcall does not know you: ${message}`;
  return wish === undefined ? message : `Not done: ${message}`;
}
