import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { REPOSITORY } from "../stack/layout.ts";
import { DASHBOARDS } from "./manifest.ts";
import { signedIn } from "./session.ts";

interface Board {
  readonly uid: string;
  readonly title: string;
  readonly tags: readonly string[];
}

const DIST = join(REPOSITORY, "grafana-plugin/dist");

/** The boards that came with the plugin, as Grafana's own pages ask for them; it imports them when the app is enabled. */
export function addBoards(app: FastifyInstance, built: Promise<unknown> | undefined): void {
  app.addHook("onRequest", async (request, reply) => {
    const isBoards = /^\/api\/(search|dashboards)(\/|\?|$)/.test(request.url);
    if (isBoards && signedIn(request) === null) return reply.code(401).send({ message: "Unauthorized" });
    return undefined;
  });
  app.get("/api/search", async () => {
    await built;
    return (await readBoards()).map(({ uid, title, tags }) => ({
      type: "dash-db",
      uid,
      title,
      tags,
      url: `/d/${uid}`,
    }));
  });
  app.get<{ Params: { uid: string } }>("/api/dashboards/uid/:uid", async (request, reply) => {
    await built;
    const dashboard = (await readBoards()).find(({ uid }) => uid === request.params.uid);
    if (dashboard === undefined) return reply.code(404).send({ message: "Dashboard not found" });
    return { dashboard, meta: { url: `/d/${dashboard.uid}`, canEdit: false, canSave: false } };
  });
}

const readBoards = (): Promise<Board[]> =>
  Promise.all(DASHBOARDS.map(async ({ path }) => JSON.parse(await readFile(join(DIST, path), "utf8")) as Board));
