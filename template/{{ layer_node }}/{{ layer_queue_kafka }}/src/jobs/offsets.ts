/** Which messages are done with, so that no commit passes one that is not. */

interface Partition {
  readonly begun: bigint[];
  readonly done: Set<bigint>;
}

/** Messages end in any order; a partition's offset moves on in its own. */
export class Offsets {
  readonly #partitions = new Map<number, Partition>();

  begin(partition: number, offset: bigint): void {
    const known = this.#partitions.get(partition) ?? { begun: [], done: new Set<bigint>() };
    known.begun.push(offset);
    this.#partitions.set(partition, known);
  }

  end(partition: number, offset: bigint): void {
    this.#partitions.get(partition)?.done.add(offset);
  }

  /** By partition the offset to commit, the next one to read; only where it has moved on. */
  take(): Map<number, bigint> {
    const moved = new Map<number, bigint>();
    for (const [partition, { begun, done }] of this.#partitions) {
      for (let first = begun[0]; first !== undefined && done.has(first); first = begun[0]) {
        begun.shift();
        done.delete(first);
        moved.set(partition, first + 1n);
      }
    }
    return moved;
  }
}
