import type { TimeZone } from "@grafana/data";
import { Button, useStyles2 } from "@grafana/ui";
import type { ApiLogLine } from "@rollcall/core/log-contract.ts";
import { useVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import { type ReactElement, type RefObject, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { isForPage } from "../parts/keys.ts";
import { changeQuery, hrefOf, placeNow } from "../parts/place.ts";
import { useIsPhone } from "../parts/screen.ts";
import { t } from "../translate.ts";
import { type LogFeed, type LogView, WAITING_MOST } from "./log-feed.ts";
import { LogRow } from "./log-row.tsx";
import { lineIn, nameOfLine, wordsOf } from "./log-search.ts";
import { EDGE_PX, getLogStyles, PHONE_ROW_PX, ROW_PX } from "./log-style.ts";

interface LogLinesProps {
  readonly feed: LogFeed;
  readonly view: LogView;
  readonly query: URLSearchParams;
  readonly zone: TimeZone;
}

/** So near to its beginning older lines are read. */
const NEAR_PX = 400;

/** Any number of lines, the newest at the end: only those that are seen are in the page. Who looks at older ones keeps them. */
export function LogLines({ feed, view, query, zone }: LogLinesProps): ReactElement {
  const styles = useStyles2(getLogStyles);
  const scroller = useRef<HTMLDivElement>(null);
  const { lines } = view;
  const rowPx = useIsPhone() ? PHONE_ROW_PX : ROW_PX;
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    getItemKey: (index) => lines[index]?.id ?? index,
    overscan: 12,
    paddingStart: EDGE_PX,
  });
  useSteadyRows({ scroller, lines, rowPx, isHeld: view.isHeld });
  const current = useLineKeys(lines, rows);
  const openId = lineIn(query)?.id;
  useShownOnce(lines, openId, rows);
  const words = useMemo(() => wordsOf(query), [query]);
  const hrefs = useMemo(() => hrefsOf(query), [query]);
  const follow = (): void => {
    feed.hold(false);
    requestAnimationFrame(() => toEnd(scroller.current));
  };
  const scrolled = (): void => {
    const box = scroller.current;
    if (box === null) return;
    if (box.scrollTop < NEAR_PX && view.hasOlder) void feed.readOlder();
    feed.hold(!isAtEnd(box, rowPx));
  };
  return (
    <div className={styles.frame}>
      <div ref={scroller} className={styles.scroller} onScroll={scrolled} data-testid="log-lines">
        <p className={styles.edge} role="status">
          {edgeWords(view)}
        </p>
        <ol aria-label={t("logs.lines", "Lines")} className={styles.list} style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map(({ index, start, key }) => {
            const line = lines[index];
            if (line === undefined) return null;
            const shown = { start, words, zone, isCurrent: index === current || line.id === openId };
            return <LogRow key={key} line={line} href={hrefs(line)} {...shown} />;
          })}
        </ol>
      </div>
      {view.isHeld ? (
        <div className={styles.newest}>
          <Button size="sm" className={styles.thumb} onClick={follow}>
            {newestWords(view)}
          </Button>
        </div>
      ) : null}
    </div>
  );
}

function edgeWords({ lines, hasOlder, isReadingOlder }: LogView): string {
  if (isReadingOlder) return t("logs.reading-older", "Reading older lines…");
  const n = lines.length;
  return hasOlder
    ? t("logs.known", "{{n}} lines; older ones come when you scroll up", { n })
    : t("logs.all-known", "{{n}} lines, all of this time", { n });
}

/** "12 new ▾" */
function newestWords({ waiting }: LogView): string {
  if (waiting === 0) return `${t("logs.newest", "newest")} ▾`;
  const n = waiting < WAITING_MOST ? String(waiting) : `${WAITING_MOST}+`;
  return `${t("logs.new", "{{n}} new", { n })} ▾`;
}

const isAtEnd = ({ scrollHeight, scrollTop, clientHeight }: HTMLElement, rowPx: number): boolean =>
  scrollHeight - scrollTop - clientHeight < rowPx;

function toEnd(box: HTMLElement | null): void {
  if (box !== null) box.scrollTop = box.scrollHeight;
}

interface Steady {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly lines: readonly ApiLogLine[];
  readonly rowPx: number;
  readonly isHeld: boolean;
}

/** Keeps what is read where it is when lines come before it, and the newest in sight when they come behind. */
function useSteadyRows({ scroller, lines, rowPx, isHeld }: Steady): void {
  const firstId = useRef<string | undefined>(undefined);
  useLayoutEffect(() => {
    const box = scroller.current;
    const before = firstId.current;
    firstId.current = lines[0]?.id;
    if (box === null) return;
    if (!isHeld) return toEnd(box);
    const added = lines.findIndex(({ id }) => id === before);
    if (added > 0) box.scrollTop += added * rowPx;
    return undefined;
  }, [scroller, lines, rowPx, isHeld]);
}

/** A line that the page was opened with is shown where it stands among the others, if it is one of them. */
function useShownOnce(lines: readonly ApiLogLine[], id: string | undefined, rows: Rows): void {
  const isDone = useRef(false);
  useEffect(() => {
    if (isDone.current) return;
    isDone.current = true;
    const index = lines.findIndex((line) => line.id === id);
    if (index >= 0) rows.scrollToIndex(index, { align: "center" });
  }, [lines, id, rows]);
}

type Rows = Virtualizer<HTMLDivElement, Element>;

/** Of each line the address of the page with this line open. */
function hrefsOf(query: URLSearchParams): (line: ApiLogLine) => string {
  const rest = Object.fromEntries(query);
  return (line) => hrefOf("logs", { ...rest, line: nameOfLine(line) });
}

const STEPS: Readonly<Record<string, number>> = { j: 1, k: -1 };

/** `j` `k` move, Enter opens; while a line is open they open the next one. @returns the row that keys are about; -1 until one was pressed */
function useLineKeys(lines: readonly ApiLogLine[], rows: Rows): number {
  const [currentId, setCurrent] = useState<string | null>(null);
  const latest = useRef({ lines, rows, currentId });
  latest.current = { lines, rows, currentId };
  useEffect(() => {
    const move = (line: ApiLogLine, index: number): void => {
      setCurrent(line.id);
      latest.current.rows.scrollToIndex(index);
      if (lineIn(placeNow().query) !== null) changeQuery({ line: nameOfLine(line) });
    };
    const press = (event: KeyboardEvent): void => {
      if (!isForPage(event)) return;
      const { lines: all, currentId: id } = latest.current;
      const open = lineIn(placeNow().query);
      const at = all.findIndex((line) => line.id === (open?.id ?? id));
      const index = stepped(at, STEPS[event.key], all.length);
      const line = all[index];
      if (line === undefined) return;
      if (index === at) openBy(event, line);
      else move(line, index);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
  return currentId === null ? -1 : lines.findIndex(({ id }) => id === currentId);
}

/** Begins at the newest. @returns where it was if the key is none that moves */
const stepped = (at: number, step: number | undefined, length: number): number =>
  step === undefined ? at : at < 0 ? length - 1 : Math.max(0, Math.min(length - 1, at + step));

function openBy({ key }: KeyboardEvent, line: ApiLogLine): void {
  if (key === "Enter" && document.activeElement === document.body)
    changeQuery({ line: nameOfLine(line) }, { replace: false });
}
