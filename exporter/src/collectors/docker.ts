import { exchangeHttp } from "@rollcall/core/adapters/supervisors/http-exchange.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { z } from "zod";
import type { Collector } from "./collector.ts";
import type { SettingsOf } from "./collectors-file.ts";
import { measureUnits, type Unit } from "./units.ts";

// As the supervisor's adapter: API 1.44 is that of Engine 25, and the oldest that Engine 29 still speaks.
const API = "/v1.44";
const AT_ONCE = 8;

// ContainerList, ContainerInspect and ContainerStats of the Engine API; the fields that are read.
const listed = z.array(z.object({ Names: z.array(z.string()), State: z.string() }));
const inspected = z.object({
  State: z.object({ Running: z.boolean(), StartedAt: z.string() }),
  RestartCount: z.number().int(),
});
const stats = z.object({
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: z.number() }) }),
  memory_stats: z.object({ usage: z.number().optional(), stats: z.record(z.string(), z.number()).optional() }),
});

/** Containers of a Docker Engine, asked over its socket. */
export function dockerCollector({ socket, containers, everySeconds, timeoutSeconds }: SettingsOf<"docker">): Collector {
  const ask = async <Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.infer<Schema> | null> => {
    const exchange = { method: "GET", path: `${API}${path}`, timeoutMs: timeoutSeconds * 1000 } as const;
    try {
      const { status, body } = await exchangeHttp({ socketPath: socket }, exchange);
      if (status === 404) return null;
      if (status !== 200) throw new Error(`HTTP ${status}`);
      return schema.parse(JSON.parse(body.toString()));
    } catch (cause) {
      throw new Failure("unavailable", `Docker does not answer GET ${path} as it should`, { cause });
    }
  };
  const measure = async (name: string): Promise<Unit | null> => {
    const of = `/containers/${encodeURIComponent(name)}`;
    const found = await ask(`${of}/json`, inspected);
    if (found === null) return null;
    const used = found.State.Running ? await ask(`${of}/stats?stream=false&one-shot=true`, stats) : null;
    return { ...unitOf(found), ...usageOf(used) };
  };
  return {
    name: "docker",
    everySeconds,
    timeoutSeconds,
    async collect(signal) {
      const all = (await ask("/containers/json", listed)) ?? [];
      const isExpected = (name: string): boolean => containers.includes(name.replace(/^\//, ""));
      const unexpected = all.filter(({ Names, State }) => State === "running" && !Names.some(isExpected)).length;
      const units = new Map<string, Unit | null>();
      for (let at = 0; at < containers.length && !signal.aborted; at += AT_ONCE) {
        const some = containers.slice(at, at + AT_ONCE);
        const found = await Promise.all(some.map(measure));
        for (const [index, name] of some.entries()) units.set(name, found[index] ?? null);
      }
      return measureUnits("docker", { units, unexpected });
    },
  };
}

const unitOf = ({ State, RestartCount }: z.infer<typeof inspected>) => {
  const startedAt = Date.parse(State.StartedAt);
  // RFC 3339; the year 1 is Docker's "never".
  return { isRunning: State.Running, startedAt: startedAt > 0 ? startedAt : null, restarts: RestartCount };
};

/** As `docker stats`: what the kernel can take back at once is not counted as used. */
function usageOf(used: z.infer<typeof stats> | null): Pick<Unit, "memoryBytes" | "cpuSeconds"> {
  if (used?.memory_stats.usage === undefined) return { memoryBytes: null, cpuSeconds: null };
  const { usage, stats: parts } = used.memory_stats;
  return {
    memoryBytes: usage - (parts?.inactive_file ?? 0),
    cpuSeconds: used.cpu_stats.cpu_usage.total_usage / 1e9,
  };
}
