import type { DataFrame } from "@grafana/data";
import { PanelChrome, useTheme2 } from "@grafana/ui";
import { type ReactElement, useEffect, useRef, useState } from "react";
import type { Choice, Panel } from "./board.ts";
import { BarGaugePanel, type Drawing, StatPanel, TablePanel, TimeSeriesPanel } from "./panels.tsx";
import { framesOf, rowsOf, type Span } from "./prometheus.ts";

interface BoardPanelProps {
  readonly panel: Panel;
  readonly choice: Choice;
  readonly span: Span;
}

interface Found {
  readonly frames: readonly DataFrame[];
  readonly rows: Awaited<ReturnType<typeof rowsOf>>;
  readonly span: Span;
}

const DRAWN: Readonly<Record<string, (drawing: Drawing) => ReactElement>> = {
  stat: StatPanel,
  bargauge: BarGaugePanel,
  timeseries: TimeSeriesPanel,
};

/** One panel in the frame that Grafana draws around it. */
export function BoardPanel({ panel, choice, span }: BoardPanelProps): ReactElement {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const { found, problem } = useFound({ panel, choice, span });
  const { x, y, w, h } = panel.gridPos;
  const height = h * 38 - 8;
  const Body = DRAWN[panel.type];
  return (
    <div
      ref={box}
      data-testid="panel"
      data-panel={panel.type}
      data-state={problem !== null ? "broken" : found === null ? "asking" : "drawn"}
      style={{ gridColumn: `${x + 1} / span ${w}`, gridRow: `${y + 1} / span ${h}`, minHeight: height }}
    >
      {width === 0 ? null : (
        <PanelChrome
          title={panel.title}
          description={panel.description ?? ""}
          width={width}
          height={height}
          {...(problem === null ? {} : { statusMessage: problem })}
        >
          {(innerWidth, innerHeight) => {
            if (Body === undefined && panel.type !== "table")
              return <p>This page draws no panel of the type {panel.type}.</p>;
            if (found === null) return <p role="status">{problem ?? "Asking…"}</p>;
            if (Body === undefined) return <TablePanel panel={panel} found={found.rows} />;
            return (
              <Body panel={panel} frames={found.frames} span={found.span} width={innerWidth} height={innerHeight} />
            );
          }}
        </PanelChrome>
      )}
    </div>
  );
}

function useFound({ panel, choice, span }: BoardPanelProps): { found: Found | null; problem: string | null } {
  const theme = useTheme2();
  const [found, setFound] = useState<Found | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    let isWanted = true;
    const ask = async (): Promise<Found> =>
      panel.type === "table"
        ? { frames: [], rows: await rowsOf(panel, choice), span }
        : { frames: await framesOf(panel, choice, { span, theme }), rows: [], span };
    ask().then(
      (next) => {
        if (!isWanted) return;
        setFound(next);
        setProblem(null);
      },
      (error: Error) => isWanted && setProblem(error.message),
    );
    return () => {
      isWanted = false;
    };
  }, [panel, choice, span, theme]);
  return { found, problem };
}

function useWidth(box: React.RefObject<HTMLDivElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (box.current === null) return undefined;
    const watcher = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    watcher.observe(box.current);
    return () => watcher.disconnect();
  }, [box]);
  return width;
}
