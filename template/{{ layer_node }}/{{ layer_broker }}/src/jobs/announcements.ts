/** Which due jobs were announced lately, so that the broker is not flooded with repeats. */

const FIRST_REPEAT_MS = 10_000;
const LONGEST_PAUSE_MS = 300_000;

/** A job as it was when it was announced: a new attempt is something else to announce. */
export interface Due {
  readonly id: string;
  readonly attempts: number;
}

interface Announced {
  readonly pause: number;
  readonly repeatAt: number;
}

/** In memory only: whoever starts with none announces everything once. */
export class Announcements {
  readonly #now: () => number;
  #known = new Map<string, Announced>();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Those of `due` that were not announced, or so long ago that it may have been in vain.
   *
   * What is not due any more is forgotten.
   */
  select(due: readonly Due[]): Due[] {
    const still = new Map<string, Announced>();
    const fresh: Due[] = [];
    for (const job of due) {
      const known = this.#known.get(keyOf(job));
      if (known) still.set(keyOf(job), known);
      if (known === undefined || known.repeatAt <= this.#now()) fresh.push(job);
    }
    this.#known = still;
    return fresh;
  }

  /** The broker has them. Each time the pause until the next repeat doubles. */
  note(jobs: readonly Due[]): void {
    for (const job of jobs) {
      const before = this.#known.get(keyOf(job));
      const pause = before ? Math.min(before.pause * 2, LONGEST_PAUSE_MS) : FIRST_REPEAT_MS;
      this.#known.set(keyOf(job), { pause, repeatAt: this.#now() + pause });
    }
  }

  clear(): void {
    this.#known.clear();
  }
}

const keyOf = ({ id, attempts }: Due): string => `${id} ${attempts}`;
