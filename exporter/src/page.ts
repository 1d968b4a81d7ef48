import { setImmediate as turn } from "node:timers/promises";
import { toOpenMetrics } from "@rollcall/core/adapters/prometheus/open-metrics.ts";
import { collectDefaultMetrics, Registry } from "prom-client";
import { admit } from "./admit-series.ts";
import { exemplarTexts } from "./exemplar-texts.ts";
import type { ExporterState, Family, FamilyOf } from "./family.ts";
import { type PreparedPage, PreparedPages } from "./prepared-pages.ts";
import { familyHead, renderFamily } from "./render.ts";
import { SlotWriter, type WrittenFamily } from "./slot-writer.ts";
import type { Snapshot } from "./snapshot.ts";

/** What became of the series of fleet and bus when they were written last. */
export interface PageState {
  readonly series: number;
  readonly dropped: Readonly<Record<"detail" | "budget", number>>;
  /** By family: how often it could not be written. */
  readonly failures: ReadonlyMap<string, number>;
}

/** The answer to one scrape. */
export interface Answer {
  readonly parts: readonly Buffer[];
  /** Must be called when the parts have been sent or nobody waits for them any more. */
  readonly release: () => void;
}

interface PageOptions {
  /** Series of fleet and bus that are shown at most. */
  readonly maxSeries: number;
  readonly onFamilyProblem: (family: string, error: unknown) => void;
}

/**
 * What a scrape is answered with. Series of fleet and bus are written once for each snapshot, before it is shown, so that a
 * scrape of any size hands out what is there: written while the scraper waits, 10,000 agents took 0.3 s.
 */
export class Page {
  readonly #families: readonly Family[];
  readonly #options: PageOptions;
  readonly #own = new Registry();
  readonly #writers: ReadonlyMap<string, SlotWriter>;
  readonly #failures: Map<string, number>;
  readonly #pages = new PreparedPages();
  #prepared: PreparedPage | null = null;
  #state: Pick<PageState, "series" | "dropped"> = { series: 0, dropped: { detail: 0, budget: 0 } };

  constructor(families: readonly Family[], options: PageOptions) {
    this.#families = families;
    this.#options = options;
    this.#writers = new Map(
      families.flatMap((family) =>
        family.rows === undefined ? [] : [[family.name, new SlotWriter(family, family.rows)]],
      ),
    );
    this.#failures = new Map(families.map(({ name }) => [name, 0]));
    collectDefaultMetrics({ register: this.#own, prefix: "rollcall_exporter_" });
  }

  get contentType(): string {
    return this.#own.contentType;
  }

  /** Writes what is shown of a snapshot; scrapes are answered between two families. */
  async prepare(snapshot: Snapshot): Promise<void> {
    const written: { family: Family; written: WrittenFamily }[] = [];
    for (const family of this.#families) {
      if (family.ofSnapshot === null) continue;
      written.push({ family, written: this.#write(family, family.ofSnapshot, snapshot) });
      await turn();
    }
    const { shown, series, dropped } = admit(written, this.#options.maxSeries);
    this.#prepared = this.#pages.fill(shown);
    const detail = written.reduce((sum, one) => sum + one.written.dropped, 0);
    this.#state = { series, dropped: { detail, budget: dropped } };
  }

  state(): PageState {
    return { ...this.#state, failures: this.#failures };
  }

  /** The answer to a scrape, from what is prepared. */
  async write(state: ExporterState): Promise<Answer> {
    const page = state.refresh.snapshot === null ? null : this.#prepared;
    // Without a snapshot families of fleet and bus have no series, but are still declared.
    const now = this.#families.filter(({ ofSnapshot }) => page === null || ofSnapshot === null);
    page?.take();
    const texts = now.map((family) => this.#orHead(family, () => writeWhole(family, state)).text);
    // What the process tells of itself is left out rather than that it takes the rest along.
    const process = await this.#own.metrics().catch(() => "");
    const parts = [...(page === null ? [] : [page.text]), ...texts, Buffer.from(process)];
    return { parts, release: () => page?.release() };
  }

  /** The same as OpenMetrics, with the examples; made while the scraper waits. */
  async writeOpenMetrics(state: ExporterState): Promise<Answer> {
    const { parts, release } = await this.write(state);
    const text = Buffer.concat(parts).toString();
    release();
    const exemplars = exemplarTexts(this.#families, state.refresh.snapshot);
    return { parts: [Buffer.from(toOpenMetrics(text, exemplars))], release: () => undefined };
  }

  #write(family: Family, ofSnapshot: FamilyOf<Snapshot>, snapshot: Snapshot): WrittenFamily {
    return this.#orHead(
      family,
      () => this.#writers.get(family.name)?.write(snapshot) ?? writeWhole(ofSnapshot, snapshot),
    );
  }

  /** A family that fails has no series, and its neighbours have theirs. */
  #orHead(family: Family, write: () => WrittenFamily): WrittenFamily {
    const { name, help, value } = family;
    try {
      return write();
    } catch (error) {
      if (this.#failures.get(name) === 0) this.#options.onFamilyProblem(name, error);
      this.#failures.set(name, (this.#failures.get(name) ?? 0) + 1);
      return { text: Buffer.from(`${familyHead(name, help, value.kind)}\n`), series: 0, dropped: 0 };
    }
  }
}

function writeWhole<From>(family: FamilyOf<From>, from: From): WrittenFamily {
  const text = renderFamily(family, from);
  return { text: Buffer.from(text), series: countSeries(text), dropped: 0 };
}

/** Lines without the two of the head and the empty one behind. */
const countSeries = (text: string): number => text.split("\n").length - 4;
