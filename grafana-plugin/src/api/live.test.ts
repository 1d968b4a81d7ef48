import { type BackendSrv, type BackendSrvRequest, type FetchResponse, setBackendSrv } from "@grafana/runtime";
import { type LiveEvent, liveEvent, USUAL_TOPICS } from "@rollcall/core/live-contract.ts";
import { Subject } from "rxjs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LiveStream, liveState } from "./live.ts";

type Answer = FetchResponse<Uint8Array | undefined>;
interface Opened {
  readonly url: string;
  readonly lastEventId: unknown;
  readonly answer: Subject<Answer>;
}

let opened: Opened[];
let stream: LiveStream;
let heard: LiveEvent[];
let leave: () => void;

const newest = (): Opened => {
  const last = opened.at(-1);
  if (last === undefined) throw new Error("no stream was opened");
  return last;
};

function send(event: object): void {
  const parsed = liveEvent.parse(event) as LiveEvent & { id?: string };
  const text = `${parsed.id === undefined ? "" : `id: ${parsed.id}\n`}data: ${JSON.stringify(parsed)}\n\n`;
  newest().answer.next({ ok: true, status: 200, data: new TextEncoder().encode(text) } as Answer);
}
const hello = (id = "1-0"): void => send({ type: "hello", id, topics: ["agents"], heartbeatSeconds: 15 });
const refuse = (status: number): void => newest().answer.next({ ok: false, status } as Answer);

beforeEach(() => {
  vi.useFakeTimers();
  [opened, heard] = [[], []];
  liveState.set({ kind: "reconnecting", since: null });
  const chunked = ({ url, headers }: BackendSrvRequest): Subject<Answer> => {
    const answer = new Subject<Answer>();
    opened.push({ url, lastEventId: headers?.["Last-Event-ID"], answer });
    return answer;
  };
  setBackendSrv({ chunked } as unknown as BackendSrv);
  stream = new LiveStream();
  leave = stream.listen((event) => heard.push(event));
});
afterEach(() => {
  leave();
  vi.useRealTimers();
});

test("all parts of a tab share one connection, which is closed with the last of them", () => {
  const second = stream.listen(() => undefined);
  hello();
  expect(opened).toHaveLength(1);
  leave();
  expect(newest().answer.observed).toBe(true);
  second();
  expect(newest().answer.observed).toBe(false);
});

test("what few pages show is asked for only while one of them is open, by the same one connection", () => {
  hello("7-3");
  const leaveLogs = stream.listen(() => undefined, "logs");
  expect(opened.map(({ answer }) => answer.observed)).toEqual([false, true]);
  expect(opened.map(({ url }) => new URL(url, "http://grafana").searchParams.get("topics"))).toEqual([
    null,
    [...USUAL_TOPICS, "logs"].join(),
  ]);
  expect(newest().lastEventId).toBe("7-3");
  leaveLogs();
  newest().answer.error(new Error("cut"));
  vi.advanceTimersByTime(500);
  expect(newest().url).toMatch(/\/live$/);
});

test("a service that does not know what few pages show sends the rest all the same", () => {
  const leaveLogs = stream.listen(() => undefined, "logs");
  refuse(400);
  vi.advanceTimersByTime(1_000);
  expect(newest().url).toMatch(/\/live$/);
  hello();
  expect(liveState.get().kind).toBe("live");
  leaveLogs();
});

test("is live from the first word on, and tells it to whoever listens", () => {
  expect(liveState.get().kind).toBe("reconnecting");
  hello();
  expect(liveState.get()).toEqual({ kind: "live", since: null });
  expect(heard.map(({ type }) => type)).toEqual(["hello"]);
});

test("resumes behind the last event that came", () => {
  hello("7-3");
  newest().answer.error(new Error("cut"));
  vi.advanceTimersByTime(500);
  expect(opened.map(({ lastEventId }) => lastEventId)).toEqual([undefined, "7-3"]);
});

test("an id that the service does not take is not offered twice", () => {
  hello("7-3");
  newest().answer.error(new Error("cut"));
  vi.advanceTimersByTime(500);
  refuse(400);
  vi.advanceTimersByTime(1_000);
  expect(opened.map(({ lastEventId }) => lastEventId)).toEqual([undefined, "7-3", undefined]);
});

test("waits longer after each failure, 20 s at most, and not at all once somebody presses Retry", () => {
  vi.spyOn(Math, "random").mockReturnValue(1);
  const waits: number[] = [];
  for (let failure = 0; failure < 8; failure += 1) {
    const before = opened.length;
    newest().answer.error(new Error("away"));
    let waited = 0;
    for (; opened.length === before; waited += 100) vi.advanceTimersByTime(100);
    waits.push(waited);
  }
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]);
  newest().answer.error(new Error("away"));
  const before = opened.length;
  stream.retry();
  expect(opened).toHaveLength(before + 1);
});

test("clients that lose the same service do not come back at the same moment", () => {
  vi.spyOn(Math, "random").mockReturnValue(0);
  newest().answer.error(new Error("away"));
  vi.advanceTimersByTime(250);
  expect(opened).toHaveLength(2);
});

test("a stream that ends as it should is opened again at once", () => {
  hello();
  newest().answer.complete();
  vi.advanceTimersByTime(50);
  expect(opened).toHaveLength(2);
});

test("without a word for 40 s it counts as lost, though nothing closed it", () => {
  hello();
  vi.advanceTimersByTime(39_999);
  expect(liveState.get().kind).toBe("live");
  vi.advanceTimersByTime(1);
  expect(liveState.get().kind).toBe("reconnecting");
});

test("after 8 s without a stream what is shown is stale since it was last live, until a stream begins", () => {
  hello();
  const liveAt = Date.now();
  vi.advanceTimersByTime(1_000);
  newest().answer.error(new Error("away"));
  for (let second = 0; second < 8; second += 1) {
    vi.advanceTimersByTime(1_000);
    if (newest().answer.observed) newest().answer.error(new Error("away"));
  }
  expect(liveState.get()).toEqual({ kind: "stale", since: liveAt });
  vi.advanceTimersByTime(20_000);
  hello();
  expect(liveState.get().kind).toBe("live");
});

test("a tab that nobody sees gives its connection back, and takes it again when it is seen", () => {
  const isHidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
  hello();
  document.dispatchEvent(new Event("visibilitychange"));
  vi.advanceTimersByTime(15_000);
  expect([newest().answer.observed, liveState.get().kind]).toEqual([false, "resting"]);
  isHidden.mockReturnValue(false);
  document.dispatchEvent(new Event("visibilitychange"));
  expect([opened.length, newest().answer.observed]).toEqual([2, true]);
});
