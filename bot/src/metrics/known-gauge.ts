import { Gauge, type Registry } from "prom-client";

/** A gauge that is absent while its value is not known; prom-client alone would publish 0. */
export function knownGauge(
  registry: Registry,
  family: { name: string; help: string; read: () => number | null },
): void {
  new Gauge({
    name: family.name,
    help: family.help,
    registers: [registry],
    collect() {
      const value = family.read();
      if (value === null) this.remove();
      else this.set(value);
    },
  });
}
