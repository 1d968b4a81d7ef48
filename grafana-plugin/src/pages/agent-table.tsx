import { cx } from "@emotion/css";
import { Checkbox, useStyles2 } from "@grafana/ui";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type CSSProperties, type ReactElement, useEffect, useMemo, useRef, useState } from "react";
import type { Agent } from "../api/contract.ts";
import { isForPage } from "../parts/keys.ts";
import { goTo, hrefOf } from "../parts/place.ts";
import { StatusBadge } from "../parts/status-badge.tsx";
import { useNow } from "../parts/tick.ts";
import { countsWords, offWords, sinceWords, verdictWords, waitingOf } from "../parts/words.ts";
import { t } from "../translate.ts";
import { getAgentTableStyles, PHONE_PX } from "./agent-table-style.ts";

interface AgentTableProps {
  readonly agents: readonly Agent[];
  readonly at: number;
  readonly isTree: boolean;
  readonly selected: ReadonlySet<string>;
  readonly onSelect: (selected: ReadonlySet<string>) => void;
}

type Line =
  | { readonly kind: "group"; readonly name: string; readonly members: readonly Agent[] }
  | { readonly kind: "agent"; readonly agent: Agent };

const ROW_PX = 40;
const PHONE_ROW_PX = 80;

/** Any number of agents: only the rows that are seen are in the page. `j` `k` move, `x` selects, Enter opens. */
export function AgentTable({ agents, at, isTree, selected, onSelect }: AgentTableProps): ReactElement {
  const styles = useStyles2(getAgentTableStyles);
  const scroller = useRef<HTMLDivElement>(null);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const lines = useMemo(() => linesOf(agents, isTree, closed), [agents, isTree, closed]);
  const rowPx = window.innerWidth < PHONE_PX ? PHONE_ROW_PX : ROW_PX;
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: 8,
  });
  const toggle = (id: string): void => onSelect(toggled(selected, id));
  const current = useRowKeys(lines, { toggle, reveal: (index) => rows.scrollToIndex(index) });
  return (
    <div ref={scroller} className={styles.scroller}>
      <div aria-hidden className={cx(styles.row, styles.head)}>
        {columns().map((name) => (
          <span key={name}>{name}</span>
        ))}
      </div>
      <ul aria-label={t("page.agents", "Agents")} className={styles.list} style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map(({ index, start }) => {
          const line = lines[index];
          const place = { transform: `translateY(${start}px)`, height: rowPx };
          if (line === undefined) return null;
          if (line.kind === "group") {
            const { name } = line;
            const fold = () => setClosed(toggled(closed, name));
            return <GroupRow key={`@${name}`} line={line} style={place} isClosed={closed.has(name)} onToggle={fold} />;
          }
          const { id } = line.agent;
          const shown = { at, isCurrent: index === current, isSelected: selected.has(id), style: place };
          return <AgentRow key={id} agent={line.agent} onSelect={() => toggle(id)} {...shown} />;
        })}
      </ul>
    </div>
  );
}

const columns = (): string[] => [
  "",
  t("word.agent", "agent"),
  t("word.health", "health"),
  t("word.verdict", "verdict"),
  t("figure.waiting", "waiting"),
  t("word.severity", "severity"),
  t("word.group", "group"),
  t("word.owner", "owner"),
  t("word.version", "version"),
];

interface RowActs {
  readonly toggle: (id: string) => void;
  readonly reveal: (index: number) => void;
}

const STEPS: Readonly<Record<string, number>> = { j: 1, k: -1 };

/** @returns the row that keys are about; -1 until one was pressed */
function useRowKeys(lines: readonly Line[], acts: RowActs): number {
  const [current, setCurrent] = useState(-1);
  const latest = useRef({ lines, acts, current });
  latest.current = { lines, acts, current };
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (!isForPage(event)) return;
      const { lines: all, acts: act, current: at } = latest.current;
      const line = all[at];
      const step = STEPS[event.key];
      if (step !== undefined) {
        const next = Math.min(all.length - 1, Math.max(0, at + step));
        setCurrent(next);
        act.reveal(next);
      } else if (line?.kind === "agent") actOn(event.key, line.agent.id, act);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
  return Math.min(current, lines.length - 1);
}

function actOn(key: string, id: string, { toggle }: RowActs): void {
  if (key === "x") toggle(id);
  if (key === "Enter" && document.activeElement === document.body) goTo(`agents/${id}`);
}

const toggled = (all: ReadonlySet<string>, one: string): ReadonlySet<string> => {
  const next = new Set(all);
  if (!next.delete(one)) next.add(one);
  return next;
};

function linesOf(agents: readonly Agent[], isTree: boolean, closed: ReadonlySet<string>): Line[] {
  if (!isTree) return agents.map((agent) => ({ kind: "agent", agent }));
  return [...Map.groupBy(agents, ({ group }) => group)]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([name, members]): Line[] => [
      { kind: "group", name, members },
      ...(closed.has(name) ? [] : members.map((agent): Line => ({ kind: "agent", agent }))),
    ]);
}

interface GroupRowProps {
  readonly line: Line & { readonly kind: "group" };
  readonly style: CSSProperties;
  readonly isClosed: boolean;
  readonly onToggle: () => void;
}

function GroupRow({ line, style, isClosed, onToggle }: GroupRowProps): ReactElement {
  const styles = useStyles2(getAgentTableStyles);
  return (
    <li className={cx(styles.row, styles.group)} style={style}>
      <button type="button" aria-expanded={!isClosed} className={styles.toggle} onClick={onToggle}>
        {isClosed ? "▸" : "▾"} @{line.name} · {countsWords(line.members)}
      </button>
    </li>
  );
}

interface AgentRowProps {
  readonly agent: Agent;
  readonly at: number;
  readonly style: CSSProperties;
  readonly isCurrent: boolean;
  readonly isSelected: boolean;
  readonly onSelect: () => void;
}

function AgentRow({ agent, at, style, isCurrent, isSelected, onSelect }: AgentRowProps): ReactElement {
  const styles = useStyles2(getAgentTableStyles);
  const now = useNow();
  const { id, group, owner, criticality, version, does } = agent;
  const waiting = waitingOf(agent);
  const verdict = `${offWords(agent) ?? verdictWords(agent)}${sinceWords(agent, now)}`;
  return (
    <li className={cx(styles.row, isCurrent && styles.current)} style={style} data-agent={id}>
      <span className={styles.check}>
        <Checkbox aria-label={t("agents.select", "Select {{id}}", { id })} value={isSelected} onChange={onSelect} />
      </span>
      <a href={hrefOf(`agents/${id}`)} title={does} className={styles.name}>
        {id}
      </a>
      <span className={styles.badge}>
        <StatusBadge agent={agent} at={at} />
      </span>
      <span className={styles.verdict} title={verdict}>
        {verdict}
      </span>
      <span className={cx(styles.wide, styles.number)}>{waiting ?? "—"}</span>
      <span className={styles.wide}>{criticality}</span>
      <span className={styles.wide}>{group}</span>
      <span className={styles.wide}>{owner}</span>
      <span className={styles.wide}>{version ?? "—"}</span>
      <span className={styles.third}>
        {waiting === null
          ? t("agents.waiting-unknown", "waiting not known")
          : t("agents.waiting", "{{n}} waiting", { n: waiting })}{" "}
        · {criticality} · {group}
      </span>
    </li>
  );
}
