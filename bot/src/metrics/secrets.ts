import { Counter, Gauge, type Registry } from "prom-client";

export interface SecretMetrics {
  /** Somebody proved themselves with the secret before the present one. */
  previousUsed(setting: string): void;
  /** Told for each setting that has a secret before the present one, as it is at the moment of a scrape. */
  watch(read: () => readonly { readonly setting: string; readonly previousUntil: number | null }[]): void;
}

/** Secrets that are being changed: who still uses the old one, and until when it counts. */
export function createSecretMetrics(registry: Registry): SecretMetrics {
  const registers = [registry];
  const used = new Counter({
    name: "rollcall_secret_previous_used_total",
    help: "Requests that proved themselves with the secret before the present one, by setting",
    labelNames: ["setting"],
    registers,
  });
  let read: Parameters<SecretMetrics["watch"]>[0] = () => [];
  new Gauge({
    name: "rollcall_secret_previous_until_timestamp_seconds",
    help: "Until when the secret before the present one is accepted, by setting; none while there is none",
    labelNames: ["setting"],
    registers,
    collect() {
      this.reset();
      for (const { setting, previousUntil } of read())
        if (previousUntil !== null) this.set({ setting }, previousUntil / 1000);
    },
  });
  return {
    previousUsed: (setting) => used.inc({ setting }),
    watch(reader) {
      read = reader;
      for (const { setting } of reader()) used.inc({ setting }, 0);
    },
  };
}
