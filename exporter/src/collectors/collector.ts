import type { Sample } from "../family.ts";

/** What is measured beside fleet and bus; the values of the label `collector`. */
export type CollectorName = "host" | "pm2" | "systemd" | "docker" | "cron" | "probes" | "pubsub";

/** Metrics whose values collectors bring; each has a family in `metrics/`. */
export type CollectedMetric =
  | `rollcall_host_${"load" | "cpus" | "memory_bytes" | "memory_available_bytes" | "part_present"}`
  | `rollcall_host_${"cpu_seconds" | "disk_read_bytes" | "disk_written_bytes"}_total`
  | `rollcall_host_network_${"received" | "sent"}_bytes_total`
  | `rollcall_host_filesystem_${"bytes" | "available_bytes"}`
  | `rollcall_unit_${"present" | "running" | "start_timestamp_seconds" | "resident_memory_bytes"}`
  | `rollcall_unit_${"restarts" | "cpu_seconds"}_total`
  | `rollcall_cron_${"due" | "last_success" | "last_failure"}_timestamp_seconds`
  | "rollcall_cron_missed"
  | `rollcall_probe_${"up" | "status" | "duration_seconds" | "certificate_end_timestamp_seconds"}`
  | `rollcall_bus_${"channels" | "channel_subscribers" | "pattern_subscriptions"}`
  | "rollcall_exporter_collector_unexpected";

/** What one collection brought. What is not in it was not measured. */
export type Measured = { readonly [Name in CollectedMetric]?: readonly Sample[] };

/** Measures one thing, against a list of what is expected. */
export interface Collector {
  readonly name: CollectorName;
  /** From the start of one collection to that of the next. */
  readonly everySeconds: number;
  readonly timeoutSeconds: number;
  /**
   * @param signal aborted when the time is over; what comes later is thrown away
   * @throws Failure "unavailable" if what it asks does not answer; anything else is a bug
   */
  collect(signal: AbortSignal): Promise<Measured>;
}

/** How many things were found that nobody expects. */
export const unexpectedOf = (name: CollectorName, count: number): Measured => ({
  rollcall_exporter_collector_unexpected: [{ labels: [name], value: count }],
});

/** A sample, or none if the value is not known. */
export const sampleOf = (labels: readonly string[], value: number | null): Sample[] =>
  value === null || Number.isNaN(value) ? [] : [{ labels, value }];
