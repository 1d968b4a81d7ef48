import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { Combobox, FilterInput, FilterPill, RadioButtonGroup, useStyles2 } from "@grafana/ui";
import { memo, type ReactElement, useMemo } from "react";
import type { Agent } from "../api/contract.ts";
import { Labelled } from "../parts/labelled.tsx";
import { changeQuery } from "../parts/place.ts";
import { useIsPhone } from "../parts/screen.ts";
import { t } from "../translate.ts";
import { type AgentOrder, agentOrders } from "./agent-order.ts";

/** By what the list can be narrowed; each is a part of the address. */
export const FACETS = ["health", "verdict", "activity", "group", "owner", "version"] as const;
type Facet = (typeof FACETS)[number];

/** How a facet is called. */
const FACET_WORDS: Readonly<Record<Facet, () => string>> = {
  health: () => t("word.health", "health"),
  verdict: () => t("word.verdict", "verdict"),
  activity: () => t("word.activity", "activity"),
  group: () => t("word.group", "group"),
  owner: () => t("word.owner", "owner"),
  version: () => t("word.version", "version"),
};

/** What the address narrows the list to; a comma in a value means or. */
export interface Filters {
  readonly words: string;
  readonly facets: Readonly<Partial<Record<Facet, readonly string[]>>>;
}

export function readFilters(query: URLSearchParams): Filters {
  const facets = FACETS.flatMap((facet) => {
    const value = query.get(facet);
    return value === null || value === "" ? [] : [[facet, value.split(",")] as const];
  });
  return { words: (query.get("q") ?? "").trim().toLowerCase(), facets: Object.fromEntries(facets) };
}

const facetOf = (agent: Agent, facet: Facet): string => agent[facet] ?? "unknown";

export function fitsFilters(agent: Agent, { words, facets }: Filters): boolean {
  for (const [facet, wanted] of Object.entries(facets))
    if (!wanted.includes(facetOf(agent, facet as Facet))) return false;
  if (words === "") return true;
  return textOf(agent).includes(words);
}

/** What is searched, by agent: of ten thousand it is not made anew for each letter that is typed. */
const texts = new WeakMap<Agent, string>();

function textOf(agent: Agent): string {
  const known = texts.get(agent);
  if (known !== undefined) return known;
  const labels = Object.entries(agent.labels).map(([name, value]) => `${name}=${value}`);
  const text = [agent.id, agent.does, ...labels].join("\n").toLowerCase();
  texts.set(agent, text);
  return text;
}

/** A facet with more values than this is searched for, not clicked. */
const MOST_CHIPS = 8;

interface AgentFiltersProps {
  readonly everyone: readonly Agent[];
  readonly filters: Filters;
  readonly order: AgentOrder;
  readonly isTree: boolean;
}

/** Search, order, chips with counts, and whether the list stands by group. */
export function AgentFilters({ everyone, filters, order, isTree }: AgentFiltersProps): ReactElement {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.filters}>
      <div className={styles.row}>
        <div className={styles.search}>
          <FilterInput
            placeholder={t("agents.search", "Search: name, work or label")}
            data-search
            escapeRegex={false}
            value={filters.words}
            onChange={(words) => changeQuery({ q: words })}
          />
        </div>
        <OrderChoice order={order} />
        <ViewChoice isTree={isTree} />
      </div>
      <details open={!useIsPhone()}>
        <summary>{t("agents.filters", "Filters ({{n}})", { n: Object.keys(filters.facets).length })}</summary>
        <div className={styles.chips}>
          {FACETS.map((facet) => (
            <Chips key={facet} facet={facet} everyone={everyone} chosen={filters.facets[facet]?.join() ?? ""} />
          ))}
        </div>
      </details>
    </div>
  );
}

// Grafana's Combobox measures the page whenever it is drawn: not for each letter that is searched for.
const OrderChoice = memo(function OrderChoice({ order }: { readonly order: AgentOrder }): ReactElement {
  return (
    <Labelled label={t("agents.order", "Order")}>
      {(labelId) => (
        <Combobox
          aria-labelledby={labelId}
          options={agentOrders()}
          value={order}
          width={20}
          onChange={({ value }) => changeQuery({ sort: value === "sick" ? null : value })}
        />
      )}
    </Labelled>
  );
});

const ViewChoice = memo(function ViewChoice({ isTree }: { readonly isTree: boolean }): ReactElement {
  return (
    <RadioButtonGroup
      aria-label={t("agents.view", "View")}
      options={[
        { label: t("agents.list", "List"), value: false },
        { label: t("agents.by-group", "By group"), value: true },
      ]}
      value={isTree}
      onChange={(tree) => changeQuery({ view: tree ? "tree" : null })}
    />
  );
});

interface ChipsProps {
  readonly facet: Facet;
  readonly everyone: readonly Agent[];
  /** As it stands in the address: "critical,unknown"; "" if none is. */
  readonly chosen: string;
}

const Chips = memo(function Chips({ facet, everyone, chosen: written }: ChipsProps): ReactElement | null {
  const styles = useStyles2(getStyles);
  const chosen = written === "" ? [] : written.split(",");
  const values = useMemo(() => countedValues(everyone, facet), [everyone, facet]);
  if (values.length < 2 || (values.length > MOST_CHIPS && chosen.length === 0)) return null;
  return (
    <fieldset className={styles.facet}>
      <legend className={styles.legend}>{FACET_WORDS[facet]()}</legend>
      {values.slice(0, MOST_CHIPS).map(([value, count]) => (
        <FilterPill
          key={value}
          label={`${value} ${count}`}
          selected={chosen.includes(value)}
          onClick={() => changeQuery({ [facet]: toggled(chosen, value).join(",") })}
        />
      ))}
    </fieldset>
  );
});

/** The most frequent first. */
function countedValues(everyone: readonly Agent[], facet: Facet): (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const agent of everyone) counts.set(facetOf(agent, facet), (counts.get(facetOf(agent, facet)) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a);
}

const toggled = (chosen: readonly string[], value: string): string[] =>
  chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value];

function getStyles(theme: GrafanaTheme2) {
  return {
    filters: css({ display: "grid", gap: theme.spacing(1), marginBottom: theme.spacing(1) }),
    row: css({ display: "flex", gap: theme.spacing(1), flexWrap: "wrap" }),
    search: css({ flex: "1 1 240px" }),
    chips: css({ display: "flex", gap: theme.spacing(0.5, 2), flexWrap: "wrap" }),
    facet: css({ display: "flex", gap: theme.spacing(0.5), flexWrap: "wrap", alignItems: "center" }),
    legend: css({
      ...theme.typography.bodySmall,
      float: "left",
      width: "auto",
      margin: 0,
      color: theme.colors.text.secondary,
    }),
  };
}
