import { type BackendSrv, type BackendSrvRequest, setBackendSrv } from "@grafana/runtime";
import { cleanup, render, screen } from "@testing-library/react";
import { NEVER, of, throwError } from "rxjs";
import { afterEach, expect, test } from "vitest";
import { Page } from "../parts/page.tsx";

afterEach(cleanup);

const WHY = "agents needs viewer; you have no role here";
const WHOAMI = {
  report: {
    ...{ headline: "*Somebody*, no role", context: null, lines: ["Groups: none"], fields: [], actions: [] },
    sameAs: null,
  },
  data: {},
};

function fetchOf({ url }: BackendSrvRequest) {
  const answer = (body: unknown) => of({ status: 200, data: JSON.stringify(body), headers: new Headers() });
  if (url.endsWith("/commands")) return answer({ commands: [{ name: "agents", whyNot: WHY }] });
  if (url.endsWith("/commands/whoami")) return answer(WHOAMI);
  return throwError(() => ({ status: 403, data: null }));
}

test("who may see nothing is told once why, and who they are, instead of in each part of a page", async () => {
  setBackendSrv({ fetch: fetchOf, chunked: () => NEVER } as unknown as BackendSrv);
  render(<Page title="Overview">what is on it</Page>);
  await screen.findByText(`You may not look at the fleet: ${WHY}`);
  await screen.findByText("Groups: none");
  expect(screen.queryByText("what is on it")).toBeNull();
});
