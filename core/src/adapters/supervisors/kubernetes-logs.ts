import type { RuntimeLogPiece } from "../../ports/runtime.ts";
import type { KubernetesApi, Pod } from "./kubernetes.ts";
import { readEach, readStamped, type StampedLine, type StampedRead, type StampPlace } from "./stamped-logs.ts";

/** Of a pod that writes more than this between two reads the rest comes with the next. */
export const MOST_LOG_BYTES = 512 * 1024;

/** What the pods of deployments wrote, each pod with a place of its own; the last words of a container that died, too. */
export async function followPods(
  api: KubernetesApi,
  names: readonly string[],
  cursor: string | null,
): Promise<RuntimeLogPiece> {
  const pods = await podsOf(api, names);
  const piece = await readEach([...pods.keys()], cursor, (name, place) => {
    const found = pods.get(name)?.pod;
    return found === undefined ? Promise.resolve(null) : readPod(api, found, place);
  });
  const lines = piece.lines.flatMap(({ name: pod, ...line }) => {
    const name = pods.get(pod)?.deployment;
    return name === undefined ? [] : [{ name, ...line }];
  });
  return { ...piece, lines };
}

async function podsOf(api: KubernetesApi, names: readonly string[]) {
  const pods = new Map<string, { readonly deployment: string; readonly pod: Pod }>();
  for (const deployment of names) {
    const found = await api.findDeployment(deployment);
    for (const pod of found === null ? [] : await api.listPods(found)) pods.set(pod.metadata.name, { deployment, pod });
  }
  return pods;
}

async function readPod(api: KubernetesApi, pod: Pod, place: StampPlace | null): Promise<StampedRead | null> {
  const [container] = pod.status.containerStatuses ?? [];
  // It is not running yet.
  if (container === undefined || (!container.state.running && !container.state.terminated)) return null;
  const { name, restartCount: restarts } = container;
  const wish = { container: name, since: place === null ? null : sinceOf(place) };
  const hasRestarted = place?.restarts !== undefined && place.restarts < restarts;
  const before = hasRestarted ? await api.log(pod.metadata.name, { ...wish, isPrevious: true }) : null;
  const now = await api.log(pod.metadata.name, { ...wish, isPrevious: false });
  const lines = [before, now].flatMap((answered) => (answered === null ? [] : linesOf(answered.body)));
  return { lines, restarts, isCut: now !== null && now.body.byteLength >= MOST_LOG_BYTES };
}

/** Kubernetes takes whole seconds; what was read of that second is left out afterwards. */
const sinceOf = ({ stamp }: StampPlace): string => new Date(Number(stamp.slice(0, -9)) * 1000).toISOString();

function linesOf(body: Buffer): StampedLine[] {
  const texts = body.toString().split("\n");
  // What was cut in the middle comes whole with the next read.
  texts.pop();
  return texts.flatMap((text) => readStamped(text, false) ?? []);
}
