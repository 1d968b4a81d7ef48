import { Button } from "@grafana/ui";
import { type ReactElement, useMemo, useState } from "react";
import { useAnswer } from "../api/answers.ts";
import { ask } from "../api/ask.ts";
import type { AuditAnswer, AuditRow } from "../api/contract.ts";
import { CommandButton } from "../parts/command-button.tsx";
import { useContextChoice } from "../parts/context.ts";
import { ExportMenu } from "../parts/export-menu.tsx";
import { Page } from "../parts/page.tsx";
import { hrefOf, usePlace } from "../parts/place.ts";
import { Region } from "../parts/region.tsx";
import { useNow } from "../parts/tick.ts";
import { type Entry, Timeline } from "../parts/timeline.tsx";
import { ageWords } from "../parts/words.ts";
import { t } from "../translate.ts";
import { AuditFilters, searchOf } from "./audit-filters.tsx";
import { auditWords } from "./audit-words.ts";

/** Who did what, refusals too; newest first. */
export default function Audit(): ReactElement {
  const place = usePlace();
  const context = useContextChoice(place);
  const agent = context?.kind === "agent" ? context.name : null;
  const search = useMemo(() => searchOf(place, agent), [place, agent]);
  const from = /^\d{1,15}$/.exec(place.query.get("row") ?? "")?.[0] ?? null;
  return (
    <Page title={t("page.audit", "Audit")} ignoresContext={context?.kind === "group"} actions={<Actions />}>
      <LastCheck />
      <AuditFilters query={place.query} />
      <Rows key={`${from} ${search}`} search={search} from={from} />
    </Page>
  );
}

const Actions = (): ReactElement => (
  <>
    <CommandButton command="audit-verify" label={t("verb.verify", "Verify")} />
    <CommandButton command="audit-export" label={t("verb.export-all", "Export all…")} />
  </>
);

/** What `verify` writes down of what it found. */
interface Checked {
  readonly rows?: number;
  readonly firstBad?: { readonly seq: number } | null;
}

/** "41,207 rows, unbroken, checked 2 min ago": what whoever checked the chain last was told. */
function LastCheck(): ReactElement | null {
  const { content } = useAnswer<AuditAnswer>("api/v1/audit?limit=1&event=verify", 60_000);
  const now = useNow();
  if (content === undefined) return null;
  const [last] = content.rows;
  const { rows = 0, firstBad = null } = (last?.detail ?? {}) as Checked;
  const values = {
    rows: new Intl.NumberFormat("en-US").format(rows),
    age: last === undefined ? "" : ageWords((now - Date.parse(last.at)) / 1000),
  };
  return (
    <p role="status" style={{ gridColumn: "1 / -1", margin: 0 }}>
      {last === undefined
        ? t("audit.unchecked", "Nobody has checked yet whether the rows are unbroken.")
        : firstBad === null
          ? t("audit.unbroken", "{{rows}} rows, unbroken, checked {{age}} ago", values)
          : `■ ${t("audit.broken", "Broken at a-{{seq}}, checked {{age}} ago", { ...values, seq: firstBad.seq })}`}
    </p>
  );
}

interface RowsProps {
  readonly search: string;
  /** Begins with this row; null: with the newest. */
  readonly from: string | null;
}

function Rows({ search, from }: RowsProps): ReactElement {
  const start = from === null ? "" : `after=${Number(from) + 1}&`;
  const newest = useAnswer<AuditAnswer>(`api/v1/audit?limit=100&${start}${search}`, 10_000);
  const [older, setOlder] = useState<AuditAnswer | null>(null);
  const first = newest.content?.rows ?? [];
  const rows = [...first, ...(older?.rows ?? []).filter(({ seq }) => !first.some((row) => row.seq === seq))];
  const next = older === null ? (newest.content?.next ?? null) : older.next;
  const more = async (): Promise<void> => {
    const page = await ask<AuditAnswer>(`api/v1/audit?limit=100&after=${next}&${search}`);
    setOlder({ rows: [...(older?.rows ?? []), ...page.rows], next: page.next });
  };
  return (
    <Region
      title={from === null ? t("audit.rows", "Rows") : t("audit.rows-from", "Rows from a-{{from}} on", { from })}
      isKnown={newest.content !== undefined}
      refusal={newest.refusal}
      actions={<ExportMenu name="audit" rows={() => rows.map(rowOf)} />}
    >
      {() => (
        <>
          <Timeline entries={rows.map(entryOf)} empty={t("audit.none", "No row fits.")} />
          {next === null ? null : (
            <Button size="sm" variant="secondary" onClick={() => void more()}>
              {t("audit.older", "Older rows")}
            </Button>
          )}
        </>
      )}
    </Region>
  );
}

const rowOf = ({
  seq,
  at,
  event,
  actor,
  door,
  command,
  targets,
  decision,
  rule,
  reason,
  operationId,
  hash,
}: AuditRow) => ({
  ...{ seq, at, event, actor, door, command, targets: targets.join(" "), decision, rule, reason, operationId, hash },
});

function entryOf(row: AuditRow): Entry {
  const { seq, at, actor, door, decision, operationId } = row;
  return {
    id: String(seq),
    at: Date.parse(at),
    mark: decision === "refused" ? "🚫" : decision === "allowed" ? "✓" : "·",
    words: auditWords(row),
    by: t("audit.by", "{{actor}} by {{door}}, row {{seq}}", { actor, door, seq }),
    href: operationId === null ? null : hrefOf(`operations/${operationId}`),
    detail: () => (
      <pre style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{JSON.stringify(row, null, 2)}</pre>
    ),
  };
}
