/** Does `work` with every item, in their order, so many at a time. Returns what it made of each, in the same order. */
export async function sideBySide<Item, Made>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Made>,
): Promise<Made[]> {
  const made: Made[] = [];
  const queue = items.entries();
  const worker = async () => {
    // Shared: each item is taken by the first worker that is free.
    for (const [index, item] of queue) made[index] = await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return made;
}
