/** A repeatable action that reports the time of each run. */
export interface Contender {
  readonly name: string;
  /** Measures one run in milliseconds, without its preparation and cleanup. */
  measure(): Promise<number>;
}

export interface Measured {
  readonly name: string;
  /** Milliseconds of each round. The same index is the same round for every contender. */
  readonly times: readonly number[];
}

/**
 * Runs every contender once a round, so that a noisy neighbour meets all of them. Begins each round with another one.
 * Does not count the first `warmUps` rounds, which warm the disk's cache.
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
