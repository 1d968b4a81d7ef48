import { Combobox, RadioButtonGroup } from "@grafana/ui";
import type { ReactElement } from "react";
import { serviceNow } from "../api/clock.ts";
import { Labelled } from "../parts/labelled.tsx";
import { changeQuery, type Place } from "../parts/place.ts";
import { momentWords } from "../parts/words.ts";
import { t } from "../translate.ts";
import { SearchField } from "./search-field.tsx";
import { rangeIn } from "./time-range.ts";

const FIELDS = ["text", "actor", "target", "command"] as const;

/** How a field of the search is called. */
const FIELD_WORDS: Readonly<Record<(typeof FIELDS)[number], () => string>> = {
  text: () => t("audit.text", "text"),
  actor: () => t("audit.actor", "actor"),
  target: () => t("word.agent", "agent"),
  command: () => t("word.command", "command"),
};

/**
 * What the address searches for, as the service is asked for it. A field that is too short to search for is left out.
 * @param agent who all pages look at; a target in the address comes before it
 */
export function searchOf({ query }: Pick<Place, "query">, agent: string | null): string {
  const asked = [...FIELDS, "door", "decision"].flatMap((name) => {
    const value = (query.get(name) ?? (name === "target" ? agent : null) ?? "").trim();
    return value.length < (name === "text" ? 2 : 1) ? [] : [[name, value]];
  });
  return new URLSearchParams([...asked, ...timesOf(query)]).toString();
}

/** `from=now-24h&to=now` and moments, as on a dashboard; no limit if the address names none. */
function timesOf(query: URLSearchParams): string[][] {
  if (!query.has("from") || !query.has("to")) return [];
  const { from, to, raw } = rangeIn(query);
  const times = [["from", from.toISOString()]];
  return raw.to === "now" ? times : [...times, ["to", to.toISOString()]];
}

const spans = () => [
  { value: "", label: t("audit.any-time", "Any time") },
  { value: "now-1h", label: t("audit.hour", "Last hour") },
  { value: "now-24h", label: t("audit.day", "Last 24 hours") },
  { value: "now-7d", label: t("audit.week", "Last 7 days") },
  { value: "now-30d", label: t("audit.month", "Last 30 days") },
];

/** As rows name them. */
const DOORS = [
  ...["slack", "http", "terminal", "grafana", "page", "schedule", "alertmanager", "host", "google", "agent"],
] as const;
const doors = () => [
  { value: "", label: t("audit.any-door", "Any door") },
  ...DOORS.map((value) => ({ value, label: value })),
];

const decisions = () => [
  { label: t("word.all", "All"), value: "" },
  { label: t("audit.allowed", "Allowed"), value: "allowed" },
  { label: t("audit.refused", "Refused"), value: "refused" },
];

/** What the rows are searched by; the address keeps it. */
export function AuditFilters({ query }: { readonly query: URLSearchParams }): ReactElement {
  const of = (name: string): string => query.get(name) ?? "";
  const choose = (name: string) => (value: string) => changeQuery({ [name]: value });
  return (
    <div style={{ gridColumn: "1 / -1", display: "flex", gap: 8, flexWrap: "wrap" }}>
      {FIELDS.map((name) => (
        <SearchField
          key={`${name} ${of(name)}`}
          name={name}
          label={FIELD_WORDS[name]()}
          value={of(name)}
          isSearch={name === "text"}
        />
      ))}
      <Choice
        label={t("audit.time", "Time")}
        options={spans()}
        value={of("from")}
        onChange={(from) => changeQuery({ from, to: from === "" ? null : "now" })}
      />
      <Choice label={t("audit.door", "Door")} options={doors()} value={of("door")} onChange={choose("door")} />
      <RadioButtonGroup
        aria-label={t("audit.decision", "Decision")}
        options={decisions()}
        value={of("decision")}
        onChange={choose("decision")}
      />
    </div>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly options: { value: string; label: string }[];
  /** Also one that is not among the options: a moment that a link names. */
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Choice({ label, options, value, onChange }: ChoiceProps): ReactElement {
  const moment = /^\d{12,14}$/.test(value) ? `≥ ${momentWords(Number(value), serviceNow())}` : value;
  const chosen = options.find((option) => option.value === value) ?? { value, label: moment };
  return (
    <Labelled label={label}>
      {(labelId) => (
        <Combobox
          aria-labelledby={labelId}
          width={20}
          options={options}
          value={chosen}
          onChange={(option) => onChange(option.value)}
        />
      )}
    </Labelled>
  );
}
