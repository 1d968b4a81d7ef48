import { type ReactElement, useId } from "react";

interface LabelledProps {
  /** Read to those who do not see the page. */
  readonly label: string;
  /** Draws what is labelled, with the id of its label. */
  readonly children: (labelId: string) => ReactElement;
}

/** Grafana before 13 hands no `aria-label` on from its Combobox, but the id of a label. */
export function Labelled({ label, children }: LabelledProps): ReactElement {
  const id = useId();
  return (
    <>
      <span id={id} hidden>
        {label}
      </span>
      {children(id)}
    </>
  );
}
