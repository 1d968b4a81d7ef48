import { Counter, Gauge, type Registry } from "prom-client";

const KINDS = ["sse", "websocket"] as const;
type Kind = (typeof KINDS)[number];

export interface LiveMetrics {
  opened(kind: Kind): void;
  closed(kind: Kind): void;
  /** A stream that was not opened because there are as many as there may be. */
  limited(kind: Kind): void;
}

/** Live streams by what carries them. */
export function createLiveMetrics(registry: Registry): LiveMetrics {
  const labelNames = ["kind"];
  const registers = [registry];
  const open = new Gauge({ name: "rollcall_live_streams", help: "Live streams that are open", labelNames, registers });
  const limited = new Counter({
    name: "rollcall_live_streams_limited_total",
    help: "Live streams that were not opened because the person, or all together, had as many as they may",
    ...{ labelNames, registers },
  });
  for (const kind of KINDS) {
    open.set({ kind }, 0);
    limited.inc({ kind }, 0);
  }
  return {
    opened: (kind) => open.inc({ kind }),
    closed: (kind) => open.dec({ kind }),
    limited: (kind) => limited.inc({ kind }),
  };
}
