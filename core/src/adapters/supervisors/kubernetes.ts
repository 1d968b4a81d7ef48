import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { Failure } from "../../domain/failure.ts";
import type { Runtime, RuntimeState } from "../../ports/runtime.ts";
import { type Answered, type Endpoint, type Exchange, exchangeHttp } from "./http-exchange.ts";
import { followPods, MOST_LOG_BYTES } from "./kubernetes-logs.ts";

const LABEL = "Kubernetes";
const TIMEOUT_MS = 5000;
const POLL_MS = 250;
/** How many copies there were before it was stopped, so that a start brings back as many. */
const COPIES = "rollcall.dev/copies";

// The fields that are read of apps/v1 Deployment and v1 Pod.
const deployment = z.object({
  metadata: z.object({
    annotations: z.record(z.string(), z.string()).optional(),
    generation: z.number().int().default(0),
  }),
  spec: z.object({
    replicas: z.number().int().default(1),
    selector: z.object({ matchLabels: z.record(z.string(), z.string()).optional() }),
  }),
  // Counts that are 0 are left out.
  status: z
    .object({
      observedGeneration: z.number().int().default(0),
      replicas: z.number().int().default(0),
      readyReplicas: z.number().int().default(0),
    })
    .default({ observedGeneration: 0, replicas: 0, readyReplicas: 0 }),
});
const ended = z.object({
  exitCode: z.number().int(),
  signal: z.number().int().optional(),
  reason: z.string().optional(),
  finishedAt: z.string().nullish(),
});
const containerStatus = z.object({
  name: z.string(),
  restartCount: z.number().int().default(0),
  containerID: z.string().optional(),
  state: z.object({ running: z.object({ startedAt: z.string().nullish() }).optional(), terminated: ended.optional() }),
  lastState: z.object({ terminated: ended.optional() }).optional(),
});
const pod = z.object({
  metadata: z.object({ name: z.string(), creationTimestamp: z.string(), deletionTimestamp: z.string().optional() }),
  status: z.object({ containerStatuses: z.array(containerStatus).optional() }).default({}),
});
const pods = z.object({ items: z.array(pod) });
const refusal = z.object({ message: z.string() });
/** One pod, as far as it is read. */
export type Pod = z.infer<typeof pod>;

/** Where Kubernetes is, and who we are there. */
export interface KubernetesOptions {
  readonly endpoint: Endpoint;
  readonly namespace: string;
  /** Token of a service account; asked each time, since Kubernetes renews it in its file. */
  readonly token: () => Promise<string>;
}

/**
 * Deployments of one namespace, known by their names; none is made or removed. One is ended by wanting no copies of it, and
 * started by wanting as many as before. Needs `get`, `patch` of deployments, `list`, `delete` of pods and `get` of pods/log.
 */
export function createKubernetes(options: KubernetesOptions): Runtime {
  const api = new Api(options);
  return {
    label: LABEL,
    async inspect(name) {
      const found = await api.findDeployment(name);
      if (found === null) return null;
      const list = await api.listPods(found);
      const newest = newestOf(list);
      return newest === null ? NONE : stateOf(newest, await api.lastLines(newest.metadata.name));
    },
    async start(name) {
      const found = await api.requireDeployment(name);
      if (found.spec.replicas > 0) return;
      const copies = Number(found.metadata.annotations?.[COPIES] ?? 1);
      await api.patch(name, { spec: { replicas: Math.max(1, copies) } });
    },
    async scale(name, copies) {
      const found = await api.requireDeployment(name);
      const metadata = { annotations: { [COPIES]: String(copies) } };
      // One that is stopped stays so; it starts with as many.
      await api.patch(name, found.spec.replicas > 0 ? { metadata, spec: { replicas: copies } } : { metadata });
    },
    async copies(name) {
      const { metadata, spec, status } = await api.requireDeployment(name);
      if (status.observedGeneration < metadata.generation) return null;
      return { wanted: spec.replicas, existing: status.replicas, ready: status.readyReplicas };
    },
    logs: (names, cursor) => followPods(api, names, cursor),
    async stop(name, graceMs) {
      const found = await api.requireDeployment(name);
      const { replicas } = found.spec;
      if (replicas > 0) {
        await api.patch(name, { metadata: { annotations: { [COPIES]: String(replicas) } }, spec: { replicas: 0 } });
      }
      const deadline = performance.now() + graceMs;
      for (;;) {
        const left = await api.listPods(found);
        if (left.length === 0) return;
        if (performance.now() >= deadline) return api.deleteByForce(left);
        await sleep(POLL_MS);
      }
    },
  };
}

type Deployment = z.infer<typeof deployment>;

/** What is asked of its API. */
export type KubernetesApi = Pick<Api, "findDeployment" | "listPods" | "log">;

class Api {
  readonly #options: KubernetesOptions;

  constructor(options: KubernetesOptions) {
    this.#options = options;
  }

  async findDeployment(name: string): Promise<Deployment | null> {
    const answered = await this.#ask(`read ${name}`, { method: "GET", path: this.#deployment(name) });
    return answered.status === 404 ? null : parse(answered, deployment);
  }

  async requireDeployment(name: string): Promise<Deployment> {
    const found = await this.findDeployment(name);
    if (found === null)
      throw new Failure("unavailable", `${LABEL} has no deployment ${name} in ${this.#options.namespace}`);
    return found;
  }

  async listPods({ spec }: Deployment): Promise<Pod[]> {
    const labels = Object.entries(spec.selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
    // Without labels every pod of the namespace would be meant.
    if (labels.length === 0)
      throw new Failure("unavailable", `${LABEL}: a deployment without matchLabels cannot be followed`);
    const path = `${this.#core("pods")}?labelSelector=${encodeURIComponent(labels.join(","))}`;
    return parse(await this.#ask("list pods", { method: "GET", path }), pods).items;
  }

  async patch(name: string, body: unknown): Promise<void> {
    const headers = { "content-type": "application/merge-patch+json" };
    const answered = await this.#ask(`change ${name}`, {
      method: "PATCH",
      path: this.#deployment(name),
      headers,
      body,
    });
    if (answered.status === 404) throw new Failure("unavailable", `${LABEL} has no deployment ${name}`);
  }

  async deleteByForce(left: readonly Pod[]): Promise<void> {
    const body = { apiVersion: "v1", kind: "DeleteOptions", gracePeriodSeconds: 0 };
    await Promise.all(
      left.map(({ metadata: { name } }) =>
        this.#ask(`end ${name}`, { method: "DELETE", path: this.#core(`pods/${encodeURIComponent(name)}`), body }),
      ),
    );
  }

  async lastLines(name: string): Promise<string[]> {
    const path = `${this.#core(`pods/${encodeURIComponent(name)}/log`)}?tailLines=5`;
    const answered = await this.#ask("read a log", { method: "GET", path }).catch(() => null);
    const text = answered?.status === 200 ? answered.body.toString() : "";
    return text.split("\n").filter((line) => line.trim() !== "");
  }

  /**
   * The log of a pod's first container with times, from a second on, which is included.
   * @param wish.isPrevious of the process before its last restart
   * @returns null: there is none
   */
  async log(
    pod: string,
    wish: { container: string; since: string | null; isPrevious: boolean },
  ): Promise<Answered | null> {
    const since = wish.since === null ? "" : `&sinceTime=${encodeURIComponent(wish.since)}`;
    const query = `container=${encodeURIComponent(wish.container)}&timestamps=true&limitBytes=${MOST_LOG_BYTES}`;
    const previous = wish.isPrevious ? "&previous=true" : "";
    const path = `${this.#core(`pods/${encodeURIComponent(pod)}/log`)}?${query}${since}${previous}`;
    const answered = await this.#ask(`read the log of ${pod}`, { method: "GET", path });
    return answered.status === 404 ? null : answered;
  }

  #deployment(name: string): string {
    const { namespace } = this.#options;
    return `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/deployments/${encodeURIComponent(name)}`;
  }

  #core(path: string): string {
    return `/api/v1/namespaces/${encodeURIComponent(this.#options.namespace)}/${path}`;
  }

  /** @throws Failure "unavailable" for every refusal but 404 */
  async #ask(does: string, exchange: Omit<Exchange, "timeoutMs">): Promise<Answered> {
    const authorization = `Bearer ${await this.#options.token()}`;
    const headers = { accept: "application/json", ...exchange.headers, authorization };
    const whole = { ...exchange, headers, timeoutMs: TIMEOUT_MS };
    const answered = await exchangeHttp(this.#options.endpoint, whole).catch((cause: unknown) => {
      throw new Failure("unavailable", `${LABEL} does not answer`, { cause });
    });
    if (answered.status < 300 || answered.status === 404) return answered;
    throw new Failure("unavailable", `${LABEL} did not ${does}: ${wordsOf(answered)}`);
  }
}

const NONE: RuntimeState = { state: "exited", pid: null, startedAt: null, exit: null, lastErrors: [] };

/** The one that runs, else the one that was made last. */
function newestOf(list: readonly Pod[]): Pod | null {
  const sorted = list.toSorted((one, other) => created(other) - created(one));
  return sorted.find((one) => runningIn(one) !== undefined) ?? sorted[0] ?? null;
}

const created = ({ metadata }: Pod): number => Date.parse(metadata.creationTimestamp);
const statuses = ({ status }: Pod) => status.containerStatuses ?? [];
const runningIn = (one: Pod) => statuses(one).find(({ state }) => state.running !== undefined);

function stateOf(one: Pod, lastErrors: readonly string[]): RuntimeState {
  const running = runningIn(one);
  const past = statuses(one)
    .map(({ state, lastState }) => state.terminated ?? lastState?.terminated)
    .find(Boolean);
  const exit =
    past === undefined ? null : { code: past.exitCode, signal: signalOf(past), at: moment(past.finishedAt) ?? 0 };
  if (running === undefined) return { state: "exited", pid: null, startedAt: null, exit, lastErrors };
  const startedAt = moment(running.state.running?.startedAt);
  return { state: "running", pid: numberOf(running.containerID ?? one.metadata.name), startedAt, exit, lastErrors };
}

const signalOf = ({ signal, reason }: z.infer<typeof ended>): string | null => {
  if (reason === "OOMKilled") return "SIGKILL";
  return signal === undefined || signal === 0 ? null : `signal ${signal}`;
};

const moment = (text: string | null | undefined): number | null =>
  text === null || text === undefined ? null : Date.parse(text);

/** Kubernetes tells no process id: a number of 32 bits that stands for this container and no other. */
const numberOf = (container: string): number =>
  Number.parseInt(createHash("sha256").update(container).digest("hex").slice(0, 8), 16) || 1;

function parse<Schema extends z.ZodType>({ status, body }: Answered, schema: Schema): z.infer<Schema> {
  try {
    return schema.parse(JSON.parse(body.toString()));
  } catch (cause) {
    throw new Failure("unavailable", `${LABEL} answered in another form (HTTP ${status})`, { cause });
  }
}

function wordsOf({ status, body }: Answered): string {
  try {
    return refusal.parse(JSON.parse(body.toString())).message.slice(0, 200);
  } catch {
    return `HTTP ${status}`;
  }
}
