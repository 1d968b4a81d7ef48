import type { ReactElement } from "react";
import { useAnswer } from "../api/answers.ts";
import type { Request } from "../api/contract.ts";
import { requests } from "../api/lists.ts";
import { useLiveList } from "../api/live-list.ts";
import { useConcerns } from "../parts/concerns.ts";
import { Page } from "../parts/page.tsx";
import { hrefOf, usePlace } from "../parts/place.ts";
import { useReadCommand } from "../parts/read-command.ts";
import { RefusalView } from "../parts/refusal-view.tsx";
import { Region, Skeleton } from "../parts/region.tsx";
import { useNow } from "../parts/tick.ts";
import { Timeline } from "../parts/timeline.tsx";
import { listed } from "../parts/words.ts";
import { t } from "../translate.ts";
import { RequestView, requestWords } from "./request-view.tsx";

/** What waits for a second person, and what became of it; one of them at `requests/req-31`. */
export default function Requests(): ReactElement {
  const { id } = usePlace();
  return id === null ? <AllRequests /> : <OneRequest id={id} />;
}

function AllRequests(): ReactElement {
  const { items, at, refusal } = useLiveList(requests);
  const now = useNow();
  const concerns = useConcerns();
  const all = [...items.values()].filter(({ targets }) => concerns(targets));
  const waiting = all.filter(({ state, expiresAt }) => state === "waiting" && expiresAt > now);
  const over = all.filter((one) => !waiting.includes(one));
  const isMine = useIsMine();
  const mine = waiting.filter((one) => isMine(one) === true);
  const others = waiting.filter((one) => !mine.includes(one));
  return (
    <Page title={t("page.requests", "Requests")}>
      <Region
        title={t("requests.waiting", "Waiting")}
        count={waiting.length}
        isKnown={at !== null}
        refusal={refusal}
        onRetry={() => void requests.read()}
      >
        {() => (
          <>
            {others.length === 0 ? <p>{noneWords(mine.length)}</p> : null}
            {[...others, ...mine].map((one) => (
              <RequestView key={one.id} request={one} isMine={isMine(one)} />
            ))}
          </>
        )}
      </Region>
      <Region title={t("requests.decided", "Decided")} isKnown={at !== null} refusal={refusal}>
        {() => <Timeline entries={over.map(entryOf)} empty={t("requests.none-decided", "Nothing was decided yet.")} />}
      </Region>
    </Page>
  );
}

/** What waits for the reader stands first; what they asked for waits for somebody else. */
const noneWords = (mine: number): string =>
  mine === 0
    ? t("requests.none", "Nothing waits for a second person.")
    : t("requests.none-for-you", "Nothing waits for you; {{n}} of yours waits for others.", { n: mine });

/** Tells whose a request is; null while nobody knows who the reader is. */
function useIsMine(): (request: Request) => boolean | null {
  const { data } = useReadCommand("whoami", {}, 60_000);
  const id = typeof data === "object" && data !== null && "id" in data ? data.id : null;
  return ({ actor }) => (id === null ? null : actor.id === id);
}

function entryOf(request: Request) {
  const state = requestWords(request.state === "waiting" ? { state: "expired" } : request);
  const asked = t("requests.asked", "asked by {{name}}", { name: request.actor.name });
  const { decidedBy } = request;
  const decided = decidedBy === null ? [] : [t("requests.decided-by", "decided by {{name}}", { name: decidedBy.name })];
  return {
    id: request.id,
    at: request.createdAt,
    mark: "",
    words: `${state}: ${request.command} ${listed(request.targets)}`,
    by: [asked, ...decided, request.id].join(", "),
    href: hrefOf(`requests/${request.id}`),
  };
}

function OneRequest({ id }: { readonly id: string }): ReactElement {
  const { items } = useLiveList(requests);
  const { content, refusal } = useAnswer<{ request: Request }>(`api/v1/requests/${encodeURIComponent(id)}`, null);
  const request = items.get(id) ?? content?.request;
  const isMine = useIsMine();
  return (
    <Page title={id} above={{ title: t("page.requests", "Requests"), page: "requests" }}>
      {request === undefined ? (
        <div style={{ gridColumn: "1 / -1" }}>
          {refusal === null ? <Skeleton /> : <RefusalView refusal={refusal} />}
        </div>
      ) : (
        <Region title={`${request.command} ${listed(request.targets)}`} isKnown>
          {() => <RequestView request={request} isMine={isMine(request)} />}
        </Region>
      )}
    </Page>
  );
}
