/** An alert as Alertmanager takes it (API v2). */
export interface PushedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
}

/** What became of a push: the values of the label `outcome`. */
export type PushOutcome = "taken" | "refused" | "unreachable";

export interface Alertmanager {
  /** Never fails: what became of it is the answer. */
  push(alerts: readonly PushedAlert[]): Promise<{ readonly outcome: PushOutcome; readonly problem: string | null }>;
}

/** One that hangs must not keep the next push from going out. */
const TIMEOUT_MS = 2_000;

/** @param address of Alertmanager, with a path if it has one */
export function connectAlertmanager(address: string): Alertmanager {
  const url = `${address.replace(/\/+$/, "")}/api/v2/alerts`;
  return {
    async push(alerts) {
      try {
        const response = await fetch(url, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(alerts),
          redirect: "error",
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        if (response.ok) {
          await response.body?.cancel();
          return { outcome: "taken", problem: null };
        }
        const said = (await response.text()).slice(0, 200);
        return { outcome: "refused", problem: `${address} answered ${response.status}: ${said}` };
      } catch (error) {
        return {
          outcome: "unreachable",
          problem: `${address}: ${error instanceof Error ? error.message : "no answer"}`,
        };
      }
    },
  };
}
