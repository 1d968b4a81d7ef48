import { openRawRedis, type RawRedis } from "@rollcall/core/adapters/redis/raw-redis.ts";

const opened: RawRedis[] = [];

/** The bus as the exporter reads it. */
export function openTestBus(url: string): RawRedis {
  const bus = openRawRedis({ url, isCluster: false, name: "exporter-test", timeoutMs: 3000 });
  opened.push(bus);
  return bus;
}

export function closeTestBuses(): void {
  for (const bus of opened.splice(0)) bus.close();
}
