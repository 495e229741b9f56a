/** Something that can be run again and again, and says how long each time took. */
export interface Contender {
  readonly name: string;
  /** Milliseconds of one run, without what it prepares and clears away. */
  measure(): Promise<number>;
}

export interface Measured {
  readonly name: string;
  /** Milliseconds of each round; the same index is the same round for every contender. */
  readonly times: readonly number[];
}

/**
 * Runs every contender once a round, so that a noisy neighbour meets all of them, and begins each round with another
 * one. A first round (`warmUps` of them) warms the disk's cache and counts for nothing.
 */
export async function interleave(
  contenders: readonly Contender[],
  runs: number,
  warmUps = 1,
): Promise<readonly Measured[]> {
  const times = new Map(contenders.map((contender) => [contender, [] as number[]]));
  for (let round = 0; round < warmUps; round++) {
    for (const contender of contenders) await contender.measure();
  }
  for (let round = 0; round < runs; round++) {
    const first = round % contenders.length;
    for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
      times.get(contender)?.push(await contender.measure());
    }
  }
  return contenders.map((contender) => ({ name: contender.name, times: times.get(contender) ?? [] }));
}
