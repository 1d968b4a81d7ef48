import { cx } from "@emotion/css";
import { dateTimeFormat, type TimeZone } from "@grafana/data";
import { useStyles2 } from "@grafana/ui";
import type { ApiLogLine } from "@rollcall/core/log-contract.ts";
import { memo, type ReactElement, useMemo } from "react";
import { serviceNow } from "../api/clock.ts";
import { startOfDay } from "../parts/words.ts";
import { getLogStyles } from "./log-style.ts";
import { fieldWords, markedPieces, type Piece, rowPieces, withoutControls } from "./log-text.ts";

/** "02:41:08.123" of today, "28 Nov 02:41:08.123" of another day. */
export function lineTime(at: number, zone: TimeZone): string {
  const isToday = at >= startOfDay(serviceNow());
  return dateTimeFormat(at, { format: isToday ? "HH:mm:ss.SSS" : "D MMM HH:mm:ss.SSS", timeZone: zone });
}

interface LogRowProps {
  readonly line: ApiLogLine;
  /** What is searched for. */
  readonly words: readonly string[];
  readonly zone: TimeZone;
  /** Where it opens. */
  readonly href: string;
  readonly isCurrent?: boolean;
  /** Its place in a list that draws only what is seen, px; nothing in a short list. */
  readonly start?: number;
}

/** One line of a log: how bad it is by a word and a bar; the whole row is the link to its detail. */
export const LogRow = memo(function LogRow(props: LogRowProps): ReactElement {
  const { line, words, zone, href, isCurrent = false, start } = props;
  const styles = useStyles2(getLogStyles);
  const { level, source, at, text } = line;
  const said = useMemo(() => fieldWords(line.fields).join(" "), [line]);
  return (
    <li
      className={cx(styles.row, styles[level], isCurrent && styles.current, start !== undefined && styles.placed)}
      style={start === undefined ? undefined : { transform: `translateY(${start}px)` }}
      aria-current={isCurrent || undefined}
      data-line={line.id}
      data-level={level}
    >
      <a href={href} className={styles.time}>
        <time dateTime={new Date(at).toISOString()}>{lineTime(at, zone)}</time>
      </a>
      <span className={styles.level}>{level}</span>
      <span className={styles.source} title={source}>
        {source}
      </span>
      <span dir="auto" className={styles.text}>
        <Pieces pieces={rowPieces(text, words)} />
        {said === "" ? null : (
          <span className={styles.fields}>
            {" "}
            <Pieces pieces={rowPieces(said, words)} />
          </span>
        )}
      </span>
    </li>
  );
});

const Pieces = ({ pieces }: { readonly pieces: readonly Piece[] }): ReactElement => (
  <>
    {pieces.map(({ text, isFound }, index) => {
      // Pieces of a text have nothing but their order.
      const key = `${index} ${text.length}`;
      return isFound ? <mark key={key}>{text}</mark> : <span key={key}>{text}</span>;
    })}
  </>
);

/** The whole text, line by line as it was written. */
export function LogText({ text, words }: { readonly text: string; readonly words: readonly string[] }): ReactElement {
  const styles = useStyles2(getLogStyles);
  return (
    <pre dir="auto" className={styles.whole}>
      <Pieces pieces={markedPieces(withoutControls(text), words)} />
    </pre>
  );
}
