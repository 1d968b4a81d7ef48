import { SLOTS, slotOf } from "./key-slot.ts";
import { encodeCommands, type RawAddress, RawConnection, rawAddress } from "./raw-connection.ts";
import { RefusedCommand, type ReplyCursor } from "./reply-cursor.ts";

/** One command of a batch. */
interface BatchedCommand {
  readonly words: readonly (string | number)[];
  readonly slot: number;
  readonly read: (reply: ReplyCursor) => void;
}

/** Commands that are sent together; one that stays the same is made and written out once. */
export class Batch {
  readonly commands: BatchedCommand[] = [];
  /** What was made of it for the nodes known then. */
  requests: { readonly nodes: object; readonly byNode: readonly NodeRequest[] } | null = null;

  /**
   * @param key what the command is about; it goes to the node that holds it
   * @param read takes the reply, exactly one value, an error included
   */
  add(key: string, words: readonly (string | number)[], read: (reply: ReplyCursor) => void): void {
    this.commands.push({ words, slot: slotOf(key), read });
  }
}

interface NodeRequest {
  readonly connection: RawConnection;
  readonly bytes: Buffer;
  readonly commands: readonly BatchedCommand[];
}

/** A Redis, or all nodes of a Redis Cluster, that much is read of at once. */
export interface RawRedis {
  /**
   * Sends a batch and reads each reply as it comes; of a batch that fails some may have been read.
   * @throws Error if a node cannot be reached or does not answer in time; RefusedCommand; what a `read` throws
   */
  ask(batch: Batch): Promise<void>;
  close(): void;
}

export interface RawRedisOptions {
  /** Of a cluster that of any node; the others are found by it. */
  readonly url: string;
  readonly isCluster: boolean;
  readonly name: string;
  readonly timeoutMs: number;
}

/** Opens nothing yet: the first batch does. @throws TypeError if an address is none */
export function openRawRedis({ url, isCluster, ...rest }: RawRedisOptions): RawRedis {
  const address = rawAddress(url, rest);
  return isCluster ? new RawCluster(address) : new SingleRedis(address);
}

class SingleRedis implements RawRedis {
  readonly #connection: RawConnection;

  constructor(address: RawAddress) {
    this.#connection = new RawConnection(address);
  }

  async ask(batch: Batch): Promise<void> {
    const { commands } = batch;
    batch.requests ??= {
      nodes: this,
      byNode: [{ connection: this.#connection, bytes: encodeCommands(commands.map(({ words }) => words)), commands }],
    };
    await askAll(batch.requests.byNode);
  }

  close(): void {
    this.#connection.close();
  }
}

/** Asks all nodes at once, each for what it holds. A slot that has moved fails the batch; the next one knows where it is. */
class RawCluster implements RawRedis {
  /** By place: every node that was ever known, the one that was named first. */
  readonly #known = new Map<string, { readonly address: RawAddress; readonly connection: RawConnection }>();
  /** By slot; null: to be asked for. */
  #nodes: readonly RawConnection[] | null = null;

  constructor(seed: RawAddress) {
    this.#connectionTo(seed);
  }

  async ask(batch: Batch): Promise<void> {
    try {
      const nodes = this.#nodes ?? (await this.#discover());
      if (batch.requests?.nodes !== nodes) batch.requests = { nodes, byNode: divide(batch.commands, nodes) };
      await askAll(batch.requests.byNode);
    } catch (error) {
      // Whatever it was: after a failover a replica answers for the slots of a node that is gone.
      this.#nodes = null;
      throw error;
    }
  }

  close(): void {
    for (const { connection } of this.#known.values()) connection.close();
  }

  async #discover(): Promise<readonly RawConnection[]> {
    let problem: unknown = null;
    for (const { address } of [...this.#known.values()]) {
      try {
        this.#nodes = await this.#slotsKnownTo(address);
        return this.#nodes;
      } catch (error) {
        problem = error;
      }
    }
    throw problem;
  }

  async #slotsKnownTo(seed: RawAddress): Promise<readonly RawConnection[]> {
    const nodes: RawConnection[] = [];
    await this.#connectionTo(seed).ask(encodeCommands([["CLUSTER", "SLOTS"]]), 1, (reply) => {
      for (let ranges = reply.takeArray() ?? 0; ranges > 0; ranges -= 1) {
        const parts = reply.takeArray() ?? 0;
        const [first, last] = [reply.takeNumber() ?? 0, reply.takeNumber() ?? -1];
        const master = this.#connectionTo({ ...seed, ...takeNode(reply, seed.host) });
        for (let replica = 3; replica < parts; replica += 1) reply.skip();
        nodes.length = Math.max(nodes.length, last + 1);
        nodes.fill(master, first, last + 1);
      }
    });
    for (let slot = 0; slot < SLOTS; slot += 1)
      if (nodes[slot] === undefined) throw new RefusedCommand(`CLUSTERDOWN nobody serves slot ${slot}`);
    return nodes;
  }

  #connectionTo(address: RawAddress): RawConnection {
    const place = `${address.host}:${address.port}`;
    const found = this.#known.get(place) ?? { address, connection: new RawConnection(address) };
    this.#known.set(place, found);
    return found.connection;
  }
}

/** A node that does not know its own name is where we found it. */
function takeNode(reply: ReplyCursor, host: string): { host: string; port: number } {
  const parts = reply.takeArray() ?? 0;
  const node = { host: reply.takeText() || host, port: reply.takeNumber() ?? 6379 };
  for (let rest = 2; rest < parts; rest += 1) reply.skip();
  return node;
}

function divide(commands: readonly BatchedCommand[], nodes: readonly RawConnection[]): NodeRequest[] {
  const byNode = Map.groupBy(commands, ({ slot }) => nodes[slot] as RawConnection);
  return [...byNode].map(([connection, own]) => ({
    connection,
    commands: own,
    bytes: encodeCommands(own.map(({ words }) => words)),
  }));
}

async function askAll(requests: readonly NodeRequest[]): Promise<void> {
  const asked = requests.map(({ connection, bytes, commands }) => {
    let next = 0;
    return connection.ask(bytes, commands.length, (reply) => {
      const refused = reply.peekError();
      if (refused !== null && /^(MOVED|ASK|CLUSTERDOWN) /.test(refused)) throw new RefusedCommand(refused);
      commands[next++]?.read(reply);
    });
  });
  // All have ended before one failure is told, so that no connection is still in use by the next batch.
  for (const answer of await Promise.allSettled(asked)) if (answer.status === "rejected") throw answer.reason;
}
