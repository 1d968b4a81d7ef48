import { Cluster, type Redis } from "ioredis";

type Options = NonNullable<ConstructorParameters<typeof Cluster<"legacy">>[1]>;

/**
 * A Redis Cluster that is used as one server is: a pipeline or MULTI must be about keys of one hash tag. The time is that of
 * one node: ids, deadlines and heartbeats are compared by it.
 */
class ClusterClient extends Cluster {
  readonly #timeKey: string;

  constructor(seed: { host: string; port: number }, options: Options, timeKey: string) {
    super([seed], options);
    this.#timeKey = timeKey;
  }

  /** A command without a key goes to any node, whose clock may be another one. */
  override async time(): Promise<number[]> {
    const [time] = (await this.pipeline().time().get(this.#timeKey).exec()) ?? [];
    if (time === undefined || time[0] !== null) throw time?.[0] ?? new Error("Redis did not answer");
    return time[1] as number[];
  }
}

export interface ClusterAddress {
  /** Of any node; the others are found by it. */
  readonly url: string;
  /** Key by whose node's clock time is told. */
  readonly timeKey: string;
}

/** Opens a cluster in the place of one server. @param options of the connection to each node */
export function openCluster(
  { url, timeKey }: ClusterAddress,
  options: NonNullable<Options["redisOptions"]>,
  retryStrategy: (attempt: number) => number,
): Redis {
  const { protocol, hostname, port, username, password } = new URL(url);
  const own = { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  const cluster = new ClusterClient(
    { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 6379) },
    {
      redisOptions: { ...options, ...own, ...(protocol === "rediss:" && { tls: {} }) },
      clusterRetryStrategy: retryStrategy,
      // Nothing is sent a second time behind the back of whoever sent it.
      ...{ retryDelayOnFailover: 0, retryDelayOnClusterDown: 0 },
      ...{ enableOfflineQueue: false, enableReadyCheck: false },
    },
    timeKey,
  );
  // Its commands are the same; only how they find their way differs.
  return cluster as unknown as Redis;
}
