import { median } from './statistics.ts'

/** Hand-overs that differ by less are of CPUs as far apart: from placement to placement there are factors of two and more. */
const SAME = 1.4

/** Trials after which a hand-over took about as long: the host had their CPUs equally far apart. */
export type Placement = { readonly handOverNs: number; readonly trials: number }

/** The placements that occurred, the nearest first, from the hand-over time after each trial. */
export function placementsOf(handOvers: readonly number[]): Placement[] {
  const groups: number[][] = []
  for (const ns of handOvers.toSorted((a, b) => a - b)) {
    const last = groups.at(-1)
    if (last !== undefined && ns < last.at(-1)! * SAME) last.push(ns)
    else groups.push([ns])
  }
  return groups.map((group) => ({ handOverNs: median(group), trials: group.length }))
}

/** The placement of a trial. */
export function placementOf(placements: readonly Placement[], ns: number): number {
  const apart = placements.map(({ handOverNs }) => Math.abs(Math.log(handOverNs / ns)))
  return apart.indexOf(Math.min(...apart))
}
