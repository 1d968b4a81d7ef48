import { Button, Input, RadioButtonGroup } from "@grafana/ui";
import { type ReactElement, useState } from "react";
import { useAnswer } from "../api/answers.ts";
import { ask } from "../api/ask.ts";
import type { AuditAnswer, AuditRow } from "../api/contract.ts";
import { CommandButton } from "../parts/command-button.tsx";
import { useContextChoice } from "../parts/context.ts";
import { ExportMenu } from "../parts/export-menu.tsx";
import { Page } from "../parts/page.tsx";
import { changeQuery, hrefOf, type Place, usePlace } from "../parts/place.ts";
import { Region } from "../parts/region.tsx";
import { type Entry, Timeline } from "../parts/timeline.tsx";
import { t } from "../translate.ts";
import { auditWords } from "./audit-words.ts";

const FIELDS = ["text", "actor", "command"] as const;

/** How a field of the search is called. */
const FIELD_WORDS: Readonly<Record<(typeof FIELDS)[number], () => string>> = {
  text: () => t("audit.text", "text"),
  actor: () => t("audit.actor", "actor"),
  command: () => t("word.command", "command"),
};

/** Who did what, refusals too; newest first. */
export default function Audit(): ReactElement {
  const place = usePlace();
  const context = useContextChoice(place);
  const search = searchOf(place, context?.kind === "agent" ? context.name : null);
  const from = /^\d{1,15}$/.exec(place.query.get("row") ?? "")?.[0] ?? null;
  return (
    <Page title={t("page.audit", "Audit")} ignoresContext={context?.kind === "group"} actions={<Actions />}>
      <Filters place={place} />
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

/** A field that is too short to search for is left out. */
function searchOf({ query }: Place, target: string | null): string {
  const asked = [...FIELDS, "decision"].flatMap((name) => {
    const value = (query.get(name) ?? "").trim();
    return value.length < (name === "text" ? 2 : 1) ? [] : [[name, value]];
  });
  return new URLSearchParams([...asked, ...(target === null ? [] : [["target", target]])]).toString();
}

const decisions = () => [
  { label: t("word.all", "All"), value: "" },
  { label: t("audit.allowed", "Allowed"), value: "allowed" },
  { label: t("audit.refused", "Refused"), value: "refused" },
];

function Filters({ place }: { readonly place: Place }): ReactElement {
  return (
    <div style={{ gridColumn: "1 / -1", display: "flex", gap: 8, flexWrap: "wrap" }}>
      {FIELDS.map((name) => (
        <Input
          key={name}
          aria-label={FIELD_WORDS[name]()}
          placeholder={FIELD_WORDS[name]()}
          width={24}
          {...(name === "text" ? { "data-search": true } : {})}
          defaultValue={place.query.get(name) ?? ""}
          onBlur={(event) => changeQuery({ [name]: event.currentTarget.value })}
          onKeyDown={(event) => event.key === "Enter" && changeQuery({ [name]: event.currentTarget.value })}
        />
      ))}
      <RadioButtonGroup
        aria-label={t("audit.decision", "Decision")}
        options={decisions()}
        value={place.query.get("decision") ?? ""}
        onChange={(decision) => changeQuery({ decision })}
      />
    </div>
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
