import { Alert } from "@grafana/ui";
import type { ReactElement } from "react";
import { useCommands } from "../api/commands.ts";
import type { Refusal } from "../api/refusal.ts";
import { t } from "../translate.ts";
import { useReadCommand } from "./read-command.ts";
import { RefusalView } from "./refusal-view.tsx";
import { ReportView } from "./report-view.tsx";

/** Looking at the fleet is the least that a role allows. */
const LEAST = "agents";

/** Why this person may see nothing: a rule, or that nobody knows them; null: they may, or it is not known yet. */
export function useSeesNothing(): string | Refusal | null {
  const { content, refusal } = useCommands();
  if (content === undefined) return refusal?.kind === "unknown-person" ? refusal : null;
  return content.commands.find(({ name }) => name === LEAST)?.whyNot ?? null;
}

/** Said once instead of in each part of a page: who one is, as Rollcall sees it, and who can help. */
export function NoRole({ why }: { readonly why: string | Refusal }): ReactElement {
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
