/** How many of a list one call asks for. */
export const pageSize = 200;

const pagesMax = 100;

/** Every item of a list that is answered page by page. */
export async function readPages<Item>(
  read: (pageToken: string) => Promise<{ items: readonly Item[]; next: string }>,
): Promise<Item[]> {
  const found: Item[] = [];
  let pageToken = "";
  for (let page = 0; page < pagesMax; page += 1) {
    const { items, next } = await read(pageToken);
    found.push(...items);
    pageToken = next;
    if (pageToken === "") break;
  }
  return found;
}
