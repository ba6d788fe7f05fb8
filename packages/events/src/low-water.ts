/** Positions in ascending order that are done in any order: up to where is everything done? */
export type LowWater = {
  /** Takes the next position; it must be greater than every one before. */
  open(position: bigint): void;
  close(position: bigint): void;
  /** The last position up to which every opened one is closed; at first the start. */
  mark(): bigint;
  openCount(): number;
};

const compactAt = 1_000;

/** Starts after `start`: nothing up to there is awaited. */
export function createLowWater(start: bigint): LowWater {
  let opened: bigint[] = [];
  let head = 0;
  let mark = start;
  let last = start;
  const closed = new Set<bigint>();
  const advance = () => {
    let next = opened[head];
    while (next !== undefined && closed.delete(next)) {
      mark = next;
      head += 1;
      next = opened[head];
    }
    if (head >= compactAt) {
      opened = opened.slice(head);
      head = 0;
    }
  };
  return {
    open(position) {
      if (position <= last) throw new Error(`position ${position} came after ${last}`);
      last = position;
      opened.push(position);
    },
    close(position) {
      closed.add(position);
      advance();
    },
    mark: () => mark,
    openCount: () => opened.length - head - closed.size,
  };
}
