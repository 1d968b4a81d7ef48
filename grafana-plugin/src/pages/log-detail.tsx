import { css } from "@emotion/css";
import type { GrafanaTheme2, TimeZone } from "@grafana/data";
import { ClipboardButton, Drawer, LinkButton, useStyles2 } from "@grafana/ui";
import type { ApiLogLine, ApiLogs } from "@rollcall/core/log-contract.ts";
import { type ReactElement, type ReactNode, useMemo } from "react";
import { useAnswer } from "../api/answers.ts";
import { Facts } from "../parts/facts.tsx";
import { changeQuery, hrefOf } from "../parts/place.ts";
import { RefusalView } from "../parts/refusal-view.tsx";
import { Skeleton } from "../parts/region.tsx";
import { PHONE, THUMB_PX } from "../parts/screen.ts";
import { t } from "../translate.ts";
import { LogText, lineTime } from "./log-row.tsx";
import { type NamedLine, nameOfLine, wordsOf } from "./log-search.ts";
import { fieldWords, withoutControls } from "./log-text.ts";

interface LogDetailProps {
  readonly named: NamedLine;
  /** Those of the list; a line that a link names may be none of them. */
  readonly lines: readonly ApiLogLine[];
  readonly query: URLSearchParams;
  readonly zone: TimeZone;
}

const close = (): void => changeQuery({ line: null });

/** All of one line: what it says, what it belongs to, and what was written about the same time. */
export function LogDetail({ named, lines, query, zone }: LogDetailProps): ReactElement {
  const listed = lines.find(({ id }) => id === named.id);
  // Of one millisecond all lines fit into one answer.
  const path = `api/v1/logs?from=${named.at}&to=${named.at + 1}&limit=1000`;
  const { content, refusal } = useAnswer<ApiLogs>(listed === undefined ? path : null, null);
  const line = listed ?? content?.lines.find(({ id }) => id === named.id);
  const words = useMemo(() => wordsOf(query), [query]);
  const title = line === undefined ? t("logs.line", "A line") : `${line.source} · ${line.level}`;
  return (
    <Drawer title={title} subtitle={lineTime(named.at, zone)} onClose={close} size="md">
      {line === undefined ? (
        refusal !== null ? (
          <RefusalView refusal={refusal} />
        ) : content === undefined ? (
          <Skeleton />
        ) : (
          <p>{t("logs.line-gone", "This line is not kept any more, or you may not see it.")}</p>
        )
      ) : (
        <Known line={line} words={words} zone={zone} />
      )}
    </Drawer>
  );
}

const AROUND_MS = 60_000;
/** A trace or a run is over within an hour of any of its lines. */
const BELONGS_MS = 3_600_000;
const between = (at: number, ms: number) => ({ from: String(at - ms), to: String(at + ms) });

interface KnownProps {
  readonly line: ApiLogLine;
  readonly words: readonly string[];
  readonly zone: TimeZone;
}

function Known({ line, words, zone }: KnownProps): ReactElement {
  const styles = useStyles2(getStyles);
  const { source, kind, at, text, fields } = line;
  const whole = () => [new Date(at).toISOString(), line.level, source, text, ...fieldWords(fields)].join(" ");
  const itself = { ...sourceQuery(line), ...between(at, AROUND_MS), line: nameOfLine(line) };
  const link = () => new URL(hrefOf("logs", itself), window.location.origin).href;
  return (
    <div className={styles.body} data-testid="log-detail">
      <LogText text={text} words={words} />
      <div className={styles.buttons}>
        <ClipboardButton size="sm" variant="secondary" icon="copy" getText={whole}>
          {t("logs.copy", "Copy")}
        </ClipboardButton>
        <ClipboardButton size="sm" variant="secondary" icon="link" getText={link}>
          {t("logs.copy-link", "Copy link")}
        </ClipboardButton>
        <LinkButton size="sm" variant="secondary" href={hrefOf("logs", itself)}>
          {t("logs.around", "What {{source}} wrote about then", { source })}
        </LinkButton>
      </div>
      <Facts
        facts={{
          [t("logs.source", "Written by")]:
            kind === "agent" ? <a href={hrefOf(`agents/${source}`)}>{source}</a> : source,
          [t("logs.time", "Time")]: `${lineTime(at, zone)} (${new Date(at).toISOString()})`,
          ...belongings(line),
        }}
      />
      <FieldsOf line={line} />
    </div>
  );
}

const sourceQuery = ({ kind, source }: ApiLogLine) => (kind === "agent" ? { agent: source } : { service: source });

/** What the line belongs to, each by a link to it. */
function belongings({ at, trace, run, operation, incidents }: ApiLogLine): Record<string, ReactNode> {
  const hour = between(at, BELONGS_MS);
  return {
    ...(operation === null
      ? {}
      : {
          [t("word.operation", "Operation")]: (
            <>
              <a href={hrefOf(`operations/${operation}`)}>{operation}</a>,{" "}
              <a href={hrefOf("logs", { operation, ...hour })}>{t("logs.its", "its lines")}</a>
            </>
          ),
        }),
    ...(trace === null
      ? {}
      : { [t("word.trace", "Trace")]: <a href={hrefOf("logs", { trace, ...hour })}>{withoutControls(trace)}</a> }),
    ...(run === null
      ? {}
      : { [t("word.run", "Run")]: <a href={hrefOf("logs", { run, ...hour })}>{withoutControls(run)}</a> }),
    ...(incidents.length === 0
      ? {}
      : {
          [t("logs.incidents", "Fired then")]: incidents.map((incident) => (
            <span key={incident}>
              <a href={hrefOf("alerts", { incident })}>{incident}</a>{" "}
            </span>
          )),
        }),
  };
}

/** Names and values that the line says besides its text; a value leads to all lines that say the same, whoever wrote them. */
function FieldsOf({ line }: { readonly line: ApiLogLine }): ReactElement | null {
  const fields = Object.entries(line.fields);
  if (fields.length === 0) return null;
  const same = (name: string, value: string) =>
    hrefOf("logs", { ...between(line.at, BELONGS_MS), field: `${name}:${value}` });
  const facts = fields.map(([name, value]) => [
    withoutControls(name),
    canBeAsked(name, value) ? (
      <a key={name} dir="auto" href={same(name, value)}>
        {withoutControls(value)}
      </a>
    ) : (
      <span key={name} dir="auto">
        {withoutControls(value)}
      </span>
    ),
  ]);
  return (
    <section aria-label={t("logs.fields", "Fields")}>
      <h3>{t("logs.fields", "Fields")}</h3>
      <Facts facts={Object.fromEntries(facts)} />
    </section>
  );
}

/** As the service takes it: `name:value`, at most 500 characters. */
const canBeAsked = (name: string, value: string): boolean =>
  name !== "" && !name.includes(":") && name.length + value.length < 500;

function getStyles(theme: GrafanaTheme2) {
  return {
    body: css({
      display: "grid",
      gap: theme.spacing(2),
      overflowWrap: "anywhere",
      "dd a": { color: theme.colors.text.link },
    }),
    buttons: css({
      display: "flex",
      flexWrap: "wrap",
      gap: theme.spacing(1),
      [PHONE]: { "a, button": { minHeight: THUMB_PX } },
    }),
  };
}
