import type { Collector } from "./collector.ts";
import type { SettingsOf } from "./collectors-file.ts";
import { type Probed, probe } from "./probe.ts";

const AT_ONCE = 16;

/** Asks HTTP addresses whether they answer as they should. One that does not is a finding, and takes nothing from the others. */
export function probesCollector({ targets, everySeconds, timeoutSeconds }: SettingsOf<"probes">): Collector {
  // Each has its own time; all together have theirs, so that many slow ones do not end the collection.
  const rounds = Math.ceil(targets.length / AT_ONCE);
  return {
    name: "probes",
    everySeconds,
    timeoutSeconds: rounds * timeoutSeconds + 1,
    async collect() {
      const found: (readonly [name: string, probed: Probed])[] = [];
      for (let at = 0; at < targets.length; at += AT_ONCE) {
        const some = targets.slice(at, at + AT_ONCE);
        const probed = some.map(async (target) => [target.name, await probe(target, timeoutSeconds * 1000)] as const);
        found.push(...(await Promise.all(probed)));
      }
      const of = (value: (probed: Probed) => number | null) =>
        found.flatMap(([name, probed]) => {
          const measured = value(probed);
          return measured === null ? [] : [{ labels: [name], value: measured }];
        });
      return {
        rollcall_probe_up: of(({ isUp }) => (isUp ? 1 : 0)),
        rollcall_probe_status: of(({ status }) => status),
        rollcall_probe_duration_seconds: of(({ seconds }) => seconds),
        rollcall_probe_certificate_end_timestamp_seconds: of(({ certificateEndsAt }) =>
          certificateEndsAt === null ? null : certificateEndsAt / 1000,
        ),
      };
    },
  };
}
