import { Alert } from "@grafana/ui";
import type { ReactElement } from "react";
import type { Refusal } from "../api/refusal.ts";
import { useReadCommand } from "../parts/read-command.ts";
import { RefusalView } from "../parts/refusal-view.tsx";
import { ReportView } from "../parts/report-view.tsx";
import { t } from "../translate.ts";

/** Said once instead of in each part of a page: who one is, as Rollcall sees it, and why that is not enough. */
export default function NoRole({ why }: { readonly why: string | Refusal }): ReactElement {
  return (
    <div style={{ gridColumn: "1 / -1" }}>
      {typeof why === "string" ? <Known why={why} /> : <RefusalView refusal={why} />}
    </div>
  );
}

function Known({ why }: { readonly why: string }): ReactElement {
  const { report, refusal } = useReadCommand("whoami", {}, 60_000);
  return (
    <>
      <Alert severity="warning" title={t("no-role.title", "You may not look at the fleet: {{why}}", { why })} />
      {report === null ? null : <ReportView report={report} />}
      {refusal === null ? null : <RefusalView refusal={refusal} />}
    </>
  );
}
