import type { ReactElement } from "react";
import { operations, requests } from "../api/lists.ts";
import { useLiveList } from "../api/live-list.ts";
import type { Outcome } from "../api/run-command.ts";
import { RequestView } from "../pages/request-view.tsx";
import { hrefOf } from "../parts/place.ts";
import { ProgressTracker } from "../parts/progress-tracker.tsx";
import { ReportView } from "../parts/report-view.tsx";
import { t } from "../translate.ts";
import { LinesLink } from "./lines-link.tsx";

/** What became of a wish, followed to its end. */
export function OutcomeView({ outcome }: { readonly outcome: Exclude<Outcome, { kind: "plan" }> }): ReactElement {
  if (outcome.kind === "report")
    return (
      <>
        <ReportView report={outcome.report} />
        <LinesLink data={outcome.data} />
      </>
    );
  if (outcome.kind === "request") return <AskedView outcome={outcome} />;
  return <RunningView outcome={outcome} />;
}

function RunningView({ outcome }: { readonly outcome: Outcome & { readonly kind: "operation" } }): ReactElement {
  const { items } = useLiveList(operations);
  const { id } = outcome.operation;
  return (
    <>
      <p>
        {outcome.repeated ? `${t("form.repeated", "This wish was accepted before; nothing was done twice.")} ` : ""}
        <a href={hrefOf(`operations/${id}`)}>{id}</a>
      </p>
      <ProgressTracker operation={items.get(id) ?? outcome.operation} />
    </>
  );
}

function AskedView({ outcome }: { readonly outcome: Outcome & { readonly kind: "request" } }): ReactElement {
  const { items } = useLiveList(requests);
  const { id } = outcome.request;
  return (
    <>
      <p>{t("form.second-asked", "Nothing has happened yet: a second person is asked.")}</p>
      <RequestView request={items.get(id) ?? outcome.request} isMine />
    </>
  );
}
