import { type ChainableCommander, Cluster, type Command, type Redis } from "ioredis";
import { giveUpIfSilent } from "../../protocol/greeting.ts";
import { rawAddress } from "./raw-connection.ts";

type Options = NonNullable<ConstructorParameters<typeof Cluster<"legacy">>[1]>;
type Way = Parameters<Cluster["sendCommand"]> extends [unknown, ...infer Rest] ? Rest : never;

/**
 * A Redis Cluster that is used as one server is. What a pipeline holds goes to the nodes of its keys, in order for each; a
 * MULTI must be about keys of one hash tag. The time is that of one node: ids, deadlines and heartbeats are compared by it.
 */
class ClusterClient extends Cluster {
  readonly #timeKey: string;
  readonly #timeoutMs: number;

  constructor(seed: { host: string; port: number }, options: Options, own: { timeKey: string; timeoutMs: number }) {
    super([seed], options);
    this.#timeKey = own.timeKey;
    this.#timeoutMs = own.timeoutMs;
  }

  /** Its time runs from here on, also while no node is found; what was given up then is not sent afterwards. */
  override sendCommand(command: Command, ...way: Way): unknown {
    if (command.isSettled) return command.promise;
    command.setTimeout(this.#timeoutMs);
    return super.sendCommand(command, ...way);
  }

  /** A command without a key goes to any node, whose clock may be another one. */
  override async time(): Promise<number[]> {
    const [time] = (await super.pipeline().time().get(this.#timeKey).exec()) ?? [];
    if (time === undefined || time[0] !== null) throw time?.[0] ?? new Error("the pipeline was not executed");
    return time[1] as number[];
  }

  override pipeline(): ChainableCommander {
    return divided(this);
  }

  /** Nobody knows any more at which node something is watched. */
  override async unwatch(): Promise<"OK"> {
    await Promise.all(this.nodes("master").map((node) => node.unwatch()));
    return "OK";
  }
}

/** Takes commands as a pipeline does, and sends them as single ones, so that each finds its node, also after it has moved. */
function divided(cluster: Cluster): ChainableCommander {
  const sends: (() => Promise<unknown>)[] = [];
  const recorder: object = new Proxy(
    {},
    {
      get: (_, name) =>
        name === "exec"
          ? () => Promise.all(sends.map(outcomeOf))
          : (...args: unknown[]) => {
              sends.push(() => Reflect.apply(Reflect.get(cluster, name) as () => Promise<unknown>, cluster, args));
              return recorder;
            },
    },
  );
  return recorder as ChainableCommander;
}

const outcomeOf = (send: () => Promise<unknown>): Promise<[error: Error | null, result: unknown]> =>
  send().then(
    (result) => [null, result],
    (error: Error) => [error, undefined],
  );

type NodeOptions = NonNullable<Options["redisOptions"]> & { readonly commandTimeout: number };

export interface ClusterAddress {
  /** Of any node; the others are found by it. */
  readonly url: string;
  /** Key by whose node's clock time is told; its user must be allowed GET on it. */
  readonly timeKey: string;
}

/** Opens a cluster in the place of one server. @param options of the connection to each node */
export function openCluster(
  { url, timeKey }: ClusterAddress,
  options: NodeOptions,
  retryStrategy: (attempt: number) => number,
): Redis {
  const { host, port, username, password, isTls } = rawAddress(url, { name: "", timeoutMs: 0 });
  const redisOptions = { ...options, username, password, ...(isTls && { tls: {} }) };
  const cluster = new ClusterClient(
    { host, port },
    {
      redisOptions,
      clusterRetryStrategy: retryStrategy,
      // A node that is gone is no reason to send again what may have had its effect; whoever sent it decides.
      ...{ retryDelayOnFailover: 0, retryDelayOnClusterDown: 0 },
      enableReadyCheck: false,
    },
    { timeKey, timeoutMs: options.commandTimeout },
  );
  cluster.on("+node", (node: Redis) => node.on("connect", () => giveUpIfSilent(node.stream)));
  // Its commands are the same; only how they find their way differs.
  return cluster as unknown as Redis;
}

/** The servers behind a client: of a cluster all masters. */
export function nodesOf(redis: Redis): readonly Redis[] {
  const client: unknown = redis;
  return client instanceof Cluster ? client.nodes("master") : [redis];
}
