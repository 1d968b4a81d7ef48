import { AGENT_LABELS } from "../family.ts";
import type { Snapshot } from "../snapshot.ts";
import type { Alertmanager, PushedAlert, PushOutcome } from "./alertmanager.ts";
import { type GoneAgent, GoneAgents } from "./gone-agents.ts";

/** How the pushing goes. */
export interface PushState {
  /** Agents that are told to be gone at the moment. */
  readonly agents: number;
  /** Pushes to one Alertmanager each. */
  readonly pushes: Readonly<Record<PushOutcome, number>>;
}

export interface PushOptions {
  readonly alertmanagers: readonly Alertmanager[];
  /** Base of the runbooks' links. */
  readonly runbookUrl: string;
  readonly onProblem: (problem: string) => void;
  /** Default 20 s, which leaves two renewals to be lost. */
  readonly renewMs?: number;
  /** How long an alert lives that nobody renews; default 60 s. */
  readonly liveMs?: number;
}

const RENEW_MS = 20_000;
const LIVE_MS = 60_000;
const RETRY_MS = 1_000;

/**
 * Tells every Alertmanager at once that an agent is gone, and goes on telling while it is. It never tells that an alert
 * is over: Prometheus does, whose rule makes the same alert some seconds later; else it ends when it is not renewed.
 */
export class PushGone {
  readonly #options: PushOptions;
  readonly #agents = new GoneAgents();
  readonly #pushes: Record<PushOutcome, number> = { taken: 0, refused: 0, unreachable: 0 };
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: PushOptions) {
    this.#options = options;
  }

  /** Takes in a snapshot; returns before anything is sent. @param now Redis time of the reading in ms */
  see(snapshot: Snapshot, now: number): void {
    const found = this.#agents.see(snapshot, now, Date.now());
    if (found.length > 0) void this.#send();
  }

  state(): PushState {
    return { agents: this.#agents.all().length, pushes: { ...this.#pushes } };
  }

  start(): void {
    this.#renewIn(this.#options.renewMs ?? RENEW_MS);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #renewIn(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => void this.#send(), ms);
  }

  /** Always all of them: an agent that goes must not put off the renewal of the others. What is not taken is told again soon. */
  async #send(): Promise<void> {
    const endsAt = new Date(Date.now() + (this.#options.liveMs ?? LIVE_MS)).toISOString();
    const alerts = this.#agents.all().map((agent) => alertOf(agent, endsAt, this.#options.runbookUrl));
    const results =
      alerts.length === 0 ? [] : await Promise.all(this.#options.alertmanagers.map((one) => one.push(alerts)));
    for (const { outcome, problem } of results) {
      this.#pushes[outcome] += 1;
      if (problem !== null) this.#options.onProblem(problem);
    }
    const isTaken = results.every(({ outcome }) => outcome === "taken");
    this.#renewIn(isTaken ? (this.#options.renewMs ?? RENEW_MS) : RETRY_MS);
  }
}

/** Label for label, and word for word, the alert that the rule AgentGone makes (alerting/rules/agent-gone.rules.yml). */
function alertOf({ labels, since, plannedWork }: GoneAgent, endsAt: string, runbookUrl: string): PushedAlert {
  const own = Object.fromEntries(AGENT_LABELS.map((name, index) => [name, labels[index] ?? ""]));
  return {
    labels: { alertname: "AgentGone", ...own, severity: severityOf(own.criticality ?? "") },
    annotations: {
      summary: `${own.agent} is gone${plannedWork === null ? "" : ` after ${plannedWork}`}`,
      planned_work: plannedWork ?? "",
      runbook_url: `${runbookUrl}/agent-gone.md`,
    },
    startsAt: new Date(since).toISOString(),
    endsAt,
  };
}

function severityOf(criticality: string): string {
  if (criticality === "P0" || criticality === "P1") return "critical";
  return criticality === "P2" ? "warning" : "info";
}
