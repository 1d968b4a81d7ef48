import { cx } from "@emotion/css";
import { Checkbox, useStyles2 } from "@grafana/ui";
import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type Dispatch,
  memo,
  type ReactElement,
  type SetStateAction,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
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
  readonly onSelect: Dispatch<SetStateAction<ReadonlySet<string>>>;
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
    overscan: 4,
  });
  const toggle = useCallback((id: string) => onSelect((before) => toggled(before, id)), [onSelect]);
  const fold = useCallback((name: string) => setClosed((before) => toggled(before, name)), []);
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
          const place = { start, height: rowPx };
          if (line === undefined) return null;
          if (line.kind === "group") {
            const { name } = line;
            return <GroupRow key={`@${name}`} {...line} {...place} isClosed={closed.has(name)} onToggle={fold} />;
          }
          const { id } = line.agent;
          const shown = { at, isCurrent: index === current, isSelected: selected.has(id), ...place };
          return <AgentRow key={id} agent={line.agent} onSelect={toggle} {...shown} />;
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

/** Where a line of the list is, px. */
interface LinePlace {
  readonly start: number;
  readonly height: number;
}

const styleOf = ({ start, height }: LinePlace) => ({ transform: `translateY(${start}px)`, height });

interface GroupRowProps extends LinePlace {
  readonly name: string;
  readonly members: readonly Agent[];
  readonly isClosed: boolean;
  readonly onToggle: (name: string) => void;
}

const GroupRow = memo(function GroupRow(props: GroupRowProps): ReactElement {
  const { name, members, isClosed, onToggle } = props;
  const styles = useStyles2(getAgentTableStyles);
  const counts = useMemo(() => countsWords(members), [members]);
  return (
    <li className={cx(styles.row, styles.group)} style={styleOf(props)}>
      <button type="button" aria-expanded={!isClosed} className={styles.toggle} onClick={() => onToggle(name)}>
        {isClosed ? "▸" : "▾"} @{name} · {counts}
      </button>
    </li>
  );
});

interface AgentRowProps extends LinePlace {
  readonly agent: Agent;
  readonly at: number;
  readonly isCurrent: boolean;
  readonly isSelected: boolean;
  readonly onSelect: (id: string) => void;
}

const AgentRow = memo(function AgentRow(props: AgentRowProps): ReactElement {
  const { agent, at, isCurrent, isSelected, onSelect } = props;
  const styles = useStyles2(getAgentTableStyles);
  const { id, group, owner, criticality, version, does } = agent;
  const waiting = waitingOf(agent);
  return (
    <li className={cx(styles.row, isCurrent && styles.current)} style={styleOf(props)} data-agent={id}>
      <span className={styles.check}>
        <Checkbox
          aria-label={t("agents.select", "Select {{id}}", { id })}
          value={isSelected}
          onChange={() => onSelect(id)}
        />
      </span>
      <a href={hrefOf(`agents/${id}`)} title={does} className={styles.name}>
        {id}
      </a>
      <span className={styles.badge}>
        <StatusBadge agent={agent} at={at} />
      </span>
      <Verdict agent={agent} className={styles.verdict} />
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
});

/** What of a row changes every second, without the rest of it. */
function Verdict({ agent, className }: { readonly agent: Agent; readonly className: string }): ReactElement {
  const words = `${offWords(agent) ?? verdictWords(agent)}${sinceWords(agent, useNow())}`;
  return (
    <span className={className} title={words}>
      {words}
    </span>
  );
}
