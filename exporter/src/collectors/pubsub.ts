import { Batch, type RawRedis } from "@rollcall/core/adapters/redis/raw-redis.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { keysOf } from "@rollcall/core/protocol/keys.ts";
import { type Collector, sampleOf, unexpectedOf } from "./collector.ts";
import type { SettingsOf } from "./collectors-file.ts";

/** Channels of Redis' publish and subscribe, beside the streams: who listens to those that are expected, and how many there are. */
export function pubsubCollector(settings: SettingsOf<"pubsub">, redis: RawRedis, fleet: string): Collector {
  const { channels, everySeconds, timeoutSeconds } = settings;
  const { fleet: key } = keysOf(fleet);
  return {
    name: "pubsub",
    everySeconds,
    timeoutSeconds,
    async collect() {
      const batch = new Batch();
      const found = { channels: 0, unexpected: 0, patterns: null as number | null };
      const subscribers = new Map<string, number | null>();
      batch.add(key, ["PUBSUB", "CHANNELS"], (reply) => {
        for (let left = reply.takeArray() ?? 0; left > 0; left -= 1) {
          found.channels += 1;
          if (!channels.includes(reply.takeText() ?? "")) found.unexpected += 1;
        }
      });
      batch.add(key, ["PUBSUB", "NUMSUB", ...channels], (reply) => {
        for (let left = reply.takeArray() ?? 0; left > 0; left -= 2)
          subscribers.set(reply.takeText() ?? "", reply.takeNumber());
      });
      batch.add(key, ["PUBSUB", "NUMPAT"], (reply) => {
        found.patterns = reply.takeNumber();
      });
      await redis.ask(batch).catch((cause: unknown) => {
        throw new Failure("unavailable", "Redis does not tell its channels", { cause });
      });
      return {
        rollcall_bus_channels: sampleOf([fleet], found.channels),
        rollcall_bus_channel_subscribers: channels.flatMap((name) =>
          sampleOf([fleet, name], subscribers.get(name) ?? null),
        ),
        rollcall_bus_pattern_subscriptions: sampleOf([fleet], found.patterns),
        ...unexpectedOf("pubsub", found.unexpected),
      };
    },
  };
}
