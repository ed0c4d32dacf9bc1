import { type FaultOrder, NEVER, type Order } from './order-columns.ts'
import type { Speed } from './speed.ts'

/** How many faults of a recording a replay plays, and what happens to the others. */
export type Plays = {
  readonly faults: number
  /** On gfns of no memslot. */
  readonly outsideMemslots: number
  /** On gfns that had not been removed, as far as the recording shows: replayed, but they find their page mapped. */
  readonly stillMapped: number
  /** On gfns that are mapped for the first time; and those that follow what had taken their gfn away. */
  readonly firstTouches: number
  readonly caused: number
}

export function playsOf({ faults }: Order, all: number, outsideMemslots: number): Plays {
  const sum = (of: (order: FaultOrder) => number) => faults.reduce((total, order) => total + of(order), 0)
  const caused = sum(({ causeRole }) => {
    let count = 0
    for (let index = 0; index < causeRole.length; index += 1) if (causeRole.at(index) !== NEVER) count += 1
    return count
  })
  const stillMapped = sum((order) => order.stillMapped)
  return {
    faults: all,
    outsideMemslots,
    stillMapped,
    caused,
    firstTouches: all - outsideMemslots - stillMapped - caused,
  }
}

export function playsSay({ faults, outsideMemslots, stillMapped, firstTouches, caused }: Plays, speed: Speed): string {
  const formatted = (count: number) => count.toLocaleString('en-US')
  const order = speed === 'max' ? 'in the order of each task' : 'after the removal of their page'
  const played = `${formatted(firstTouches + caused)} of ${formatted(faults)} recorded faults are played: ${formatted(caused)} ${order}, ${formatted(firstTouches)} as first touches`
  const dropped = [
    ...(stillMapped > 0
      ? [`${formatted(stillMapped)} find their page mapped, because no recorded event removed it`]
      : []),
    ...(outsideMemslots > 0
      ? [`${formatted(outsideMemslots)} are on gfns of no memslot (MMIO?) and are left out`]
      : []),
  ]
  return [played, ...dropped].join('; ')
}
