import type { ReactElement } from "react";
import { Page } from "../parts/page.tsx";
import { hrefOf } from "../parts/place.ts";

export default function Missing(): ReactElement {
  return (
    <Page title="No such page">
      <p style={{ gridColumn: "1 / -1" }}>
        There is no page at this address. <a href={hrefOf("overview")}>Overview</a>
      </p>
    </Page>
  );
}
