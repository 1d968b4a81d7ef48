import { openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createIncidents } from "./incidents.ts";
import { createPictures } from "./pictures.ts";
import { createPublications } from "./publications.ts";

let store: TestStore;
let counter = 0;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const wantedOf = async (incident: string) =>
  (await createPictures(store.pool).wanted(100)).find((wanted) => wanted.incident === incident) ?? null;

/** An incident that fires since so many seconds. */
async function openIncident({ seconds = 60, isShown = true } = {}): Promise<string> {
  counter += 1;
  const agent = `agent-${counter}`;
  const startsAt = Date.now() - seconds * 1000;
  const more = { labels: { agent }, annotations: {}, startsAt, firing: true, endedAt: null };
  const alert = { fingerprint: agent, alertname: "AgentGone", agent, ...more };
  const { id } = await createIncidents(store.pool).record({ groupKey: agent, status: "firing", alerts: [alert] });
  if (isShown)
    await createPublications(store.pool).markShown(id, { channel: "C0ALERTS", ts: `${counter}.1`, revision: 1 });
  return id;
}
/** Makes the last attempt so many seconds older. */
const age = (incident: string, seconds: number) =>
  store.pool.query(
    "update incident_pictures set attempted_at = attempted_at - make_interval(secs => $2) where 'inc-' || incident = $1",
    [incident, seconds],
  );

describe("a picture", () => {
  test("is wanted for a card that stands, of an alert that fires", async () => {
    const incident = await openIncident();
    expect(await wantedOf(incident)).toEqual({ incident, channel: "C0ALERTS", thread: `${counter}.1`, attempts: 0 });
  });

  test.each([
    ["as long as the card does not stand", { isShown: false }],
    ["before what fired is measured", { seconds: 2 }],
    ["of an alert that is old news", { seconds: 3600 }],
  ])("is not wanted %s", async (_, options) => {
    expect(await wantedOf(await openIncident(options))).toBeNull();
  });

  test("is handed over by one process, and looked for after a while", async () => {
    const pictures = createPictures(store.pool);
    const incident = await openIncident();
    const wanted = (await wantedOf(incident))!;
    expect((await Promise.all([pictures.begin(wanted), pictures.begin(wanted)])).toSorted()).toEqual([false, true]);
    expect(await wantedOf(incident)).toBeNull();
    await age(incident, 11);
    expect(await wantedOf(incident)).toMatchObject({ attempts: 1 });
  });

  test.each([
    ["is there", "1.2"],
    ["cannot be drawn", null],
  ])("that %s is wanted no more", async (_, ts) => {
    const pictures = createPictures(store.pool);
    const incident = await openIncident();
    const wanted = (await wantedOf(incident))!;
    await pictures.settle(incident, ts);
    expect(await wantedOf(incident)).toBeNull();
    expect(await pictures.begin(wanted)).toBe(false);
  });
});
