/** Processor milliseconds of this process for one piece of work, whatever else the machine does. */
async function cost(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/**
 * Expects that four times as much costs less than nine times: in proportion it would be four, by the square sixteen. A collection of
 * garbage may fall into one try, so the best of three counts.
 */
export async function inProportion(size: number, work: (size: number) => unknown): Promise<void> {
  const ratios: number[] = [];
  await work(size);
  for (let n = 0; n < 3; n++) {
    const one = await cost(() => work(size));
    ratios.push((await cost(() => work(4 * size))) / one);
  }
  expect(Math.min(...ratios)).toBeLessThan(9);
}
