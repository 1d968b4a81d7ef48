import { rangeUtil, type TimeRange, type TimeZone } from "@grafana/data";
import { TimeRangePicker } from "@grafana/ui";
import type { ReactElement } from "react";
import { serviceNow } from "../api/clock.ts";
import { changeQuery } from "../parts/place.ts";
import { addressOf, moved, zoomedOut } from "./time-range.ts";

/** No longer than the service tells figures for. */
const QUICK = [
  ...["now-5m", "now-15m", "now-30m", "now-1h", "now-3h", "now-6h", "now-12h", "now-24h"],
  ...["now-2d", "now-7d", "now-30d"],
].map((from) => ({ from, to: "now", display: rangeUtil.describeTextRange(from).display }));

const choose = (range: TimeRange): void => changeQuery(addressOf(range), { replace: false });

/** Chooses the range of a page, and the zone of its times, as on a dashboard; the address keeps both. */
export function RangePicker({ range, zone }: { readonly range: TimeRange; readonly zone: TimeZone }): ReactElement {
  return (
    <TimeRangePicker
      value={range}
      timeZone={zone}
      quickRanges={QUICK}
      isOnCanvas
      onChange={choose}
      onChangeTimeZone={(timezone) => changeQuery({ timezone })}
      onMoveBackward={() => choose(moved(range, -1, serviceNow()))}
      onMoveForward={() => choose(moved(range, 1, serviceNow()))}
      onZoom={() => choose(zoomedOut(range, serviceNow()))}
    />
  );
}
