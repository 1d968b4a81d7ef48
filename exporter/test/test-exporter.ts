import { pino } from "pino";
import { vi } from "vitest";
import { readConfig } from "../src/config.ts";
import { type Exporter, startExporter } from "../src/exporter.ts";
import { expectAgent, FLEET_KEY, type Scrape, scrape } from "./fake-fleet.ts";

/** Two agents on two topics; both subscribe to `stock.reserved`. */
export const agents = [
  expectAgent("billing", { criticality: "P0", consumes: ["stock.reserved"] }),
  expectAgent("invoices", { consumes: ["stock.*"] }),
];
export const topics = ["stock.reserved", "stock.short"];

/** An exporter in this process that reads often and gives up early. */
export const startTestExporter = (
  redisUrl: string,
  fleet: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Exporter> => {
  const config = readConfig({
    REDIS_URL: redisUrl,
    ROLLCALL_FLEET: fleet,
    ROLLCALL_FLEET_KEY: FLEET_KEY,
    ROLLCALL_EXPORTER_PORT: "0",
    ROLLCALL_EXPORTER_REFRESH_SECONDS: "0.1",
    ROLLCALL_EXPORTER_MAX_AGE_SECONDS: "5",
    ...environment,
  });
  return startExporter(config, pino({ level: "silent" }));
};

/** An exporter in this process that renews the alerts it pushes at a pace of its own. */
export const startPushingExporter = (
  environment: Readonly<Record<string, string>>,
  pace: Parameters<typeof startExporter>[2],
): Promise<Exporter> =>
  startExporter(readConfig({ ROLLCALL_FLEET_KEY: FLEET_KEY, ...environment }), pino({ level: "silent" }), pace);

/** Scrapes until the facts hold. */
export const eventually = (exporter: Exporter, facts: (found: Scrape) => void): Promise<void> =>
  vi.waitFor(async () => facts(await scrape(exporter.url)), { timeout: 15_000, interval: 50 });
