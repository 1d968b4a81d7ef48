import { getTimeZone, type TimeRange } from "@grafana/data";
import { ButtonGroup, TimeRangeInput, ToolbarButton } from "@grafana/ui";
import type { ReactElement } from "react";
import { serviceNow } from "../api/clock.ts";
import { changeQuery } from "../parts/place.ts";
import { addressOf, moved, zoomedOut } from "./time-range.ts";

const choose = (range: TimeRange): void => changeQuery(addressOf(range), { replace: false });

/** Chooses the range of a page, which is kept in its address. */
export function RangePicker({ range }: { readonly range: TimeRange }): ReactElement {
  return (
    <ButtonGroup>
      <ToolbarButton
        icon="angle-double-left"
        tooltip="Earlier"
        aria-label="Earlier"
        narrow
        variant="canvas"
        onClick={() => choose(moved(range, -1, serviceNow()))}
      />
      <TimeRangeInput value={range} timeZone={getTimeZone()} onChange={choose} isReversed={false} showIcon />
      <ToolbarButton
        icon="angle-double-right"
        tooltip="Later"
        aria-label="Later"
        narrow
        variant="canvas"
        onClick={() => choose(moved(range, 1, serviceNow()))}
      />
      <ToolbarButton
        icon="search-minus"
        tooltip="Zoom out"
        aria-label="Zoom out"
        variant="canvas"
        onClick={() => choose(zoomedOut(range, serviceNow()))}
      />
    </ButtonGroup>
  );
}
