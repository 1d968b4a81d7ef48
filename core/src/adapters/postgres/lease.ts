import { randomUUID } from "node:crypto";
import { unlockDeadWorkers } from "./operation-jobs.ts";
import { inTransaction, type Pool, type Queryable, query } from "./pool.ts";

export interface LeaseOptions {
  readonly pool: Pool;
  /** Where this control service runs, the same after a restart; two at the same time must differ. */
  readonly instance: string;
  /** How long a control service that does not answer keeps its work. */
  readonly seconds: number;
  /** Told once when the lease cannot be renewed, or was lost. */
  readonly onProblem?: (problem: string, cause?: unknown) => void;
}

/** Proves to the other control services that this one lives. */
export interface ControlLease {
  /** Takes the lease and keeps it until `close`; resolves after the first try, whether it succeeded or not. */
  start(): Promise<void>;
  /** For metrics; null before the first lease. */
  state(): { readonly epoch: number; readonly held: boolean; readonly leader: boolean } | null;
  /** Epoch to fence work with; null while the lease is not held. */
  epoch(): number | null;
  /** Whether this one leads: schedules, canaries, reconciling, messages. The oldest living lease leads. */
  isLeader(): boolean;
  /** Called at each change of leadership, and at once if this one leads already. */
  onLeader(listener: { start(): void; stop(): void }): void;
  /** Puts a worker pool under the lease, so that its jobs are unlocked if this process dies. @throws Failure "unavailable" */
  cover(workerId: string): Promise<void>;
  uncover(workerId: string): void;
  /** Gives the lease back, so that others need not wait for its end. */
  close(): Promise<void>;
}

/** A lease that is not held yet; the schema must be there. */
export const createLease = (options: LeaseOptions): ControlLease => new Lease(options);

interface Held {
  readonly epoch: number;
  /** On this process's monotonic clock, from before the lease was asked for: never later than in PostgreSQL. */
  readonly until: number;
  readonly leader: boolean;
  readonly workers: readonly string[];
}

class Lease implements ControlLease {
  readonly #options: LeaseOptions;
  readonly #workers = new Set<string>();
  readonly #listeners: { start(): void; stop(): void }[] = [];
  #id = randomUUID();
  #held: Held | null = null;
  #hasStarted = false;
  #toldLeader = false;
  #isFailing = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | null = null;
  #tick: Promise<void> = Promise.resolve();
  #covering: Promise<void> | null = null;

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await this.#renewNow();
    this.#schedule();
  }

  state() {
    if (this.#held === null) return null;
    return { epoch: this.#held.epoch, held: this.epoch() !== null, leader: this.isLeader() };
  }

  epoch(): number | null {
    return this.#held !== null && performance.now() < this.#held.until ? this.#held.epoch : null;
  }

  isLeader(): boolean {
    return this.epoch() !== null && this.#held?.leader === true;
  }

  onLeader(listener: { start(): void; stop(): void }): void {
    this.#listeners.push(listener);
    if (this.#toldLeader) listener.start();
  }

  async cover(workerId: string): Promise<void> {
    this.#workers.add(workerId);
    if (!this.#covers(workerId) && this.epoch() !== null) await this.#coverAll();
    if (!this.#covers(workerId)) throw new Error("the lease is not held, so no work is taken");
  }

  uncover(workerId: string): void {
    this.#workers.delete(workerId);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#tick;
    this.#held = null;
    this.#tellLeader();
    // Whoever cannot be reached finds the lease expired.
    await query(this.#options.pool, "delete from control_leases where id = $1", [this.#id]).catch(() => undefined);
  }

  /** However many ask at the same time, it is written once. */
  #coverAll(): Promise<void> {
    this.#covering ??= this.#renewNow().finally(() => {
      this.#covering = null;
    });
    return this.#covering;
  }

  #covers(workerId: string): boolean {
    return this.epoch() !== null && this.#held?.workers.includes(workerId) === true;
  }

  #schedule(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(
      () => void this.#renewNow().then(() => this.#schedule()),
      (this.#options.seconds * 1000) / 3,
    );
  }

  /** One at a time. Never throws: what fails is tried again at the next turn. */
  #renewNow(): Promise<void> {
    this.#tick = this.#tick.then(async () => {
      if (this.#isClosed) return;
      try {
        await this.#renew();
        this.#isFailing = false;
      } catch (error) {
        if (!this.#isFailing) this.#options.onProblem?.("the lease cannot be renewed, it goes on trying", error);
        this.#isFailing = true;
      }
      this.#tellLeader();
    });
    return this.#tick;
  }

  async #renew(): Promise<void> {
    const { pool, seconds } = this.#options;
    const workers = [...this.#workers];
    const askedAt = performance.now();
    const lease = { id: this.#id, seconds, workers };
    const row = (await renewLease(pool, lease)) ?? (await this.#takeAnew(workers));
    this.#held = { ...row, workers, until: askedAt + seconds * 1000 };
    await removeExpired(pool);
    await unlockDeadWorkers(pool);
  }

  async #takeAnew(workers: readonly string[]) {
    const { pool, seconds, instance, onProblem } = this.#options;
    if (this.#held !== null) onProblem?.(`the lease of epoch ${this.#held.epoch} was lost`);
    this.#id = randomUUID();
    // Only a process that has just started knows that whoever had its name is dead.
    const predecessor = this.#hasStarted ? null : instance;
    await takeLease(pool, { id: this.#id, instance, seconds, workers, predecessor });
    this.#hasStarted = true;
    const row = await renewLease(pool, { id: this.#id, seconds, workers });
    if (row === null) throw new Error("the lease ended as soon as it was taken");
    return row;
  }

  #tellLeader(): void {
    const isLeader = this.isLeader();
    if (isLeader === this.#toldLeader) return;
    this.#toldLeader = isLeader;
    for (const listener of this.#listeners) isLeader ? listener.start() : listener.stop();
  }
}

interface LeaseRow {
  readonly id: string;
  readonly seconds: number;
  readonly workers: readonly string[];
}

// The oldest lease that lives: epochs grow, so nobody who comes later takes the lead away from it.
const IS_LEADER = "epoch = (select min(epoch) from control_leases where expires_at > clock_timestamp())";
// ASCII "leas". Leases are taken one after another, so that the order of epochs is the order in which they can be seen.
const TAKING = 0x6c656173;

/** @returns null if it had expired or was taken over */
async function renewLease(
  on: Queryable,
  { id, seconds, workers }: LeaseRow,
): Promise<Pick<Held, "epoch" | "leader"> | null> {
  const rows = await query<{ epoch: string; leader: boolean }>(
    on,
    `update control_leases
     set expires_at = clock_timestamp() + make_interval(secs => $2), worker_ids = $3
     where id = $1 and expires_at > clock_timestamp()
     returning epoch, ${IS_LEADER} as leader`,
    [id, seconds, workers],
  );
  return rows.map(({ epoch, leader }) => ({ epoch: Number(epoch), leader }))[0] ?? null;
}

async function takeLease(
  pool: Pool,
  { id, seconds, workers, instance, predecessor }: LeaseRow & { instance: string; predecessor: string | null },
): Promise<void> {
  await inTransaction(pool, async (client) => {
    await query(client, "select pg_advisory_xact_lock($1)", [TAKING]);
    await query(client, "delete from control_leases where instance = $1", [predecessor]);
    await query(
      client,
      `insert into control_leases (id, instance, worker_ids, expires_at)
       values ($1, $2, $3, clock_timestamp() + make_interval(secs => $4))`,
      [id, instance, workers, seconds],
    );
  });
}

/** Whose lease is gone cannot save any more: its epoch is fenced. */
async function removeExpired(on: Queryable): Promise<void> {
  await query(on, "delete from control_leases where expires_at <= clock_timestamp()");
}
