/** What listens on a port of this machine, in the order in which it is started, and where people see it. */
export const LISTENERS = [
  { name: "postgres", label: "PostgreSQL", step: 1, port: 5433 },
  { name: "redis", label: "Redis", step: 2, port: 6380 },
  { name: "prometheus", label: "Prometheus", step: 3, port: 9090 },
  { name: "alertmanager", label: "Alertmanager", step: 3, port: 9093 },
  { name: "slack", label: "Slack stand-in", step: 4, port: 8090 },
  { name: "google", label: "Google stand-in", step: 4, port: 8091 },
  { name: "pagerduty", label: "PagerDuty stand-in", step: 4, port: 8092 },
  { name: "grafana", label: "Grafana stand-in", step: 4, port: 3000 },
  { name: "control", label: "Control service", step: 5, port: 8080 },
  { name: "supervisor", label: "Supervisor's metrics", step: 5, port: 9465 },
  { name: "exporter", label: "Exporter", step: 6, port: 9464 },
] as const;
export type ListenerName = (typeof LISTENERS)[number]["name"];
export type Ports = Readonly<Record<ListenerName, number>>;

/** The processes of a stack beside the agents, as people call them. */
export type ProcessName =
  | "PostgreSQL"
  | "Redis"
  | "Prometheus"
  | "Alertmanager"
  | "supervisor"
  | "Slack stand-in"
  | "Google stand-in"
  | "PagerDuty stand-in"
  | "Grafana stand-in"
  | "control service"
  | "exporter";

/** A mistake of the person who starts the stack, in words that say how to mend it. */
export class StartFailure extends Error {
  /** `3/7 Prometheus`, if it belongs to a step. */
  readonly step: string | null;
  /** Whether another stack runs on; else nothing does. */
  readonly isRunning: boolean;
  constructor(message: string, options: { step?: string; isRunning?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "StartFailure";
    this.step = options.step ?? null;
    this.isRunning = options.isRunning ?? false;
  }
}

// "Bad ports" of https://fetch.spec.whatwg.org/#port-blocking above 1023; our ports only go up.
const BLOCKED = new Set([
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
]);
const HIGHEST_PORT = 65_535;

/**
 * The ports of a stack.
 * @param offset ROLLCALL_PORT_OFFSET as it was given
 * @throws StartFailure if a port would be too high, or one that browsers refuse to open
 */
export function portsAt(offset: string | undefined): Ports {
  const text = offset ?? "0";
  if (!/^\d{1,5}$/.test(text))
    throw new StartFailure(`ROLLCALL_PORT_OFFSET is "${text}". Allowed: a whole number from 0 to ${highestOffset()}.`);
  const problem = problemAt(Number(text));
  if (problem !== null)
    throw new StartFailure(
      `ROLLCALL_PORT_OFFSET=${text} puts ${problem}. Use another one, for example ${nextGoodOffset(Number(text))}.`,
    );
  return Object.fromEntries(LISTENERS.map(({ name, port }) => [name, port + Number(text)])) as Ports;
}

/** The next offset, in steps of 100, whose ports are all allowed and pass `isFree`. */
export function nextGoodOffset(after: number, isFree: (port: number) => boolean = () => true): number {
  const start = after >= highestOffset() ? 0 : Math.floor(after / 100) * 100;
  for (let offset = start + 100; offset <= highestOffset(); offset += 100) {
    if (problemAt(offset) === null && LISTENERS.every(({ port }) => isFree(port + offset))) return offset;
  }
  return 0;
}

/** Whether a stack may stand at this offset: every port exists, and browsers open it. Whether they are free is another question. */
export const isAllowedOffset = (offset: number): boolean => problemAt(offset) === null;

const highestOffset = () => HIGHEST_PORT - Math.max(...LISTENERS.map(({ port }) => port));

function problemAt(offset: number): string | null {
  for (const { label, port } of LISTENERS) {
    if (port + offset > HIGHEST_PORT) return `${label} on port ${port + offset}, above ${HIGHEST_PORT}`;
    if (BLOCKED.has(port + offset)) return `${label} on port ${port + offset}, which browsers block`;
  }
  return null;
}
