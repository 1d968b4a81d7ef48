/** What happens to calls of the Web API: refused, broken off, or carried out with the answer lost. */
export interface ApiFault {
  readonly kind: "ratelimited" | "http" | "error" | "hang" | "reset" | "lost";
  /** Methods it strikes; all if empty. */
  readonly methods: readonly string[];
  readonly retryAfterSeconds: number;
  readonly status: number;
  readonly error: string;
}

/** What happens to requests to the app. */
export interface DeliveryFault {
  readonly kind: "drop" | "duplicate";
  /** Kinds of delivery it strikes; all if empty. */
  readonly deliveries: readonly string[];
}

/** Faults in the order they were set; each strikes `count` times. */
export class Faults {
  readonly #api: { fault: ApiFault; left: number }[] = [];
  readonly #deliveries: { fault: DeliveryFault; left: number }[] = [];

  addApi(fault: ApiFault, count: number): void {
    this.#api.push({ fault, left: count });
  }

  addDelivery(fault: DeliveryFault, count: number): void {
    this.#deliveries.push({ fault, left: count });
  }

  clear(): void {
    this.#api.length = 0;
    this.#deliveries.length = 0;
  }

  takeApi(method: string): ApiFault | null {
    return take(this.#api, ({ methods }) => methods.length === 0 || methods.includes(method));
  }

  takeDelivery(kind: string): DeliveryFault | null {
    return take(this.#deliveries, ({ deliveries }) => deliveries.length === 0 || deliveries.includes(kind));
  }
}

function take<Fault>(faults: { fault: Fault; left: number }[], strikes: (fault: Fault) => boolean): Fault | null {
  const entry = faults.find(({ fault, left }) => left > 0 && strikes(fault));
  if (entry === undefined) return null;
  entry.left -= 1;
  return entry.fault;
}
