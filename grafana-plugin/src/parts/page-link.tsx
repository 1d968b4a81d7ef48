import type { ReactElement, ReactNode } from "react";
import { hrefOf } from "./place.ts";

/** Words that lead to a page, for a place within a translated sentence. @param page as `hrefOf` takes it */
export const PageLink = ({
  page,
  children,
}: {
  readonly page: string;
  readonly children?: ReactNode;
}): ReactElement => <a href={hrefOf(page)}>{children}</a>;
