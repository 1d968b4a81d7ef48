import { type ReactElement, useEffect, useState } from "react";
import { askJson } from "../ask.ts";
import { type Board, type BoardLink, type Choice, spanSeconds } from "./board.ts";
import { BoardPanel } from "./board-panel.tsx";
import { type Span, valuesOf } from "./prometheus.ts";

const REFRESH_MS = 10_000;
const RANGES = ["now-15m", "now-1h", "now-6h", "now-24h"];

/** A dashboard that came with the plugin, drawn by Grafana's own visualisations. */
export default function BoardPage({ uid }: { readonly uid: string }): ReactElement {
  const [boards, setBoards] = useState<readonly BoardLink[]>([]);
  const [board, setBoard] = useState<Board | null | undefined>(undefined);
  useEffect(() => {
    void askJson("/api/search").then((found) => setBoards(found as BoardLink[]));
    void askJson(`/api/dashboards/uid/${uid}`).then((found) => {
      const { dashboard } = found as { dashboard?: Board };
      setBoard(dashboard ?? null);
      document.title = `${dashboard?.title ?? "No dashboard"} · Grafana stand-in`;
    });
  }, [uid]);
  if (board === undefined) return <p role="status">Loading…</p>;
  if (board === null) return <p>The plugin brings no dashboard of that address.</p>;
  return (
    <>
      <h1>{board.title}</h1>
      <p>{board.description}</p>
      <nav aria-label="Dashboards" className="host-board-choice">
        {boards.map(({ uid: other, title, url }) => (
          <a key={other} href={url} aria-current={other === uid ? "page" : undefined}>
            {title.replace("Rollcall / ", "")}
          </a>
        ))}
      </nav>
      <Drawn board={board} />
      <p>Marks of commands, deploys and incidents, and links out of panels, are not drawn by this page.</p>
    </>
  );
}

function Drawn({ board }: { readonly board: Board }): ReactElement {
  const [from, setFrom] = useState(board.time.from);
  const [choice, setChoice] = useState<Choice>({ fleet: [], group: [], agent: [] });
  const span = useSpan(from);
  return (
    <>
      <div className="host-board-choice">
        <Choose
          label="Time range"
          values={[...new Set([board.time.from, ...RANGES])]}
          value={from}
          onChange={setFrom}
        />
        {board.templating.list
          .filter(({ type }) => type === "query")
          .map((variable) => (
            <ChooseVariable
              key={variable.name}
              variable={variable}
              choice={choice}
              onChange={(values) => setChoice({ ...choice, [variable.name]: values })}
            />
          ))}
      </div>
      <div className="host-board">
        {board.panels.map((panel) =>
          panel.type === "row" ? (
            <h2 key={panel.title} className="host-board-row" style={{ gridRow: panel.gridPos.y + 1 }}>
              {panel.title}
            </h2>
          ) : (
            <BoardPanel key={panel.title} panel={panel} choice={choice} span={span} />
          ),
        )}
      </div>
    </>
  );
}

/** Moves on every ten seconds. */
function useSpan(from: string): Span {
  const seconds = spanSeconds(from);
  const [to, setTo] = useState(() => Math.floor(Date.now() / 1000));
  const [span, setSpan] = useState<Span>({ from: to - seconds, to });
  useEffect(() => {
    const timer = setInterval(() => setTo(Math.floor(Date.now() / 1000)), REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => setSpan({ from: to - seconds, to }), [to, seconds]);
  return span;
}

interface ChooseVariableProps {
  readonly variable: Board["templating"]["list"][number];
  readonly choice: Choice;
  readonly onChange: (values: readonly string[]) => void;
}

function ChooseVariable({ variable, choice, onChange }: ChooseVariableProps): ReactElement {
  const [values, setValues] = useState<readonly string[]>([]);
  useEffect(() => {
    // Without an answer "All" is what can be chosen; panels say why nothing is found.
    valuesOf(variable, choice).then(setValues, () => setValues([]));
  }, [variable, choice]);
  const [value = ""] = choice[variable.name] ?? [];
  return (
    <Choose
      label={variable.label ?? variable.name}
      values={["", ...values]}
      value={value}
      onChange={(chosen) => onChange(chosen === "" ? [] : [chosen])}
    />
  );
}

interface ChooseProps {
  readonly label: string;
  readonly values: readonly string[];
  readonly value: string;
  readonly onChange: (value: string) => void;
}

const Choose = ({ label, values, value, onChange }: ChooseProps): ReactElement => (
  <label>
    {label}{" "}
    <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
      {values.map((one) => (
        <option key={one} value={one}>
          {one === "" ? "All" : one.replace(/^now-/, "last ")}
        </option>
      ))}
    </select>
  </label>
);
