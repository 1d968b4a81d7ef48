import { Input } from "@grafana/ui";
import type { ReactElement } from "react";
import { changeQuery } from "../parts/place.ts";

interface SearchFieldProps {
  /** In the address. */
  readonly name: string;
  readonly label: string;
  readonly value: string;
  /** Where `/` leads. */
  readonly isSearch?: boolean;
  /** In units of Grafana; as wide as what it stands in if not said. */
  readonly width?: number;
}

/** A word that a page is searched by, put into the address once it is typed. */
export function SearchField({ name, label, value, isSearch = false, width = 20 }: SearchFieldProps): ReactElement {
  const search = (typed: string): void => {
    if (typed !== value) changeQuery({ [name]: typed });
  };
  return (
    <Input
      aria-label={label}
      placeholder={label}
      width={width}
      {...(isSearch ? { "data-search": true } : {})}
      defaultValue={value}
      onBlur={(event) => search(event.currentTarget.value)}
      onKeyDown={(event) => event.key === "Enter" && search(event.currentTarget.value)}
    />
  );
}
