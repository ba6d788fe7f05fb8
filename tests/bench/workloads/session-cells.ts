import { sessions } from "./capacity-hubs.ts";

const rooms = sessions.hubs * sessions.rooms;

/** How many half hours are free at the start, over all rooms and days. */
export const cells = rooms * sessions.days * sessions.freeSlots;

/** Coprime to the number of cells, so that a walk by it meets each once. */
export const cellStride = 611_953;

/** Where one single session goes. */
export type Cell = { readonly room: number; readonly day: number; readonly slot: number };

/** The room, day and free half hour of a number: uniform, and another for each number below `cells`. */
export function cellOf(index: number): Cell {
  const cell = (index * cellStride) % cells;
  const day = Math.floor(cell / rooms) % sessions.days;
  return { room: cell % rooms, day, slot: Math.floor(cell / rooms / sessions.days) };
}

/** The same in pgbench's language: sets hub, room and start of `:index`, `firstMinute` being that of day 0. */
export function cellVariables(firstMinute: number): string[] {
  return [
    `\\set cell (:index * ${cellStride}) % ${cells}`,
    `\\set hub (:cell % ${rooms}) / ${sessions.rooms} + ${sessions.firstHub}`,
    `\\set room (:cell % ${rooms}) % ${sessions.rooms} + ${sessions.firstRoom}`,
    `\\set day (:cell / ${rooms}) % ${sessions.days}`,
    `\\set start ${firstMinute} + :day * 1440 + :cell / ${rooms * sessions.days} * 60`,
  ];
}
