import type { Cpu, Word } from '../../shared-memory/cpu.ts'
import type { Place } from '../../shared-memory/place.ts'
import type { Steps } from '../../shared-memory/steps.ts'

const MEMBER = 1 << 16
const ARRIVED = MEMBER - 1

/**
 * Where the vCPUs of a VM wait for each other: the VMM stops all of them before it resets one, and a guest releases its
 * secondary CPUs together. A member that will not come again says so, and is not waited for.
 *
 *   seats   members (31..16) | arrived (15..0)      own line, written by the CPU that comes or leaves
 *   round   how many times all have met             own line, written by the last to arrive
 */
export class Rendezvous {
  readonly seats: Word
  readonly round: Word
  readonly #members: number

  constructor(place: Place, members: number) {
    this.seats = place.line('seats', 'the CPU that comes or leaves')
    this.round = place.line('round', 'the last to arrive')
    this.#members = members
  }

  initialise(words: Int32Array): void {
    words[this.seats] = this.#members * MEMBER
  }

  /** m,a -> m,a+1 and waits, or m,m-1 -> m,0 and releases all. */
  *arrive(cpu: Cpu): Steps<void> {
    const round = yield* cpu.load(this.round)
    for (;;) {
      const seats = yield* cpu.load(this.seats)
      const isLast = (seats & ARRIVED) + 1 === seats >>> 16
      const was = yield* cpu.cas(this.seats, seats, isLast ? seats & ~ARRIVED : seats + 1)
      if (was !== seats) continue
      if (isLast) yield* cpu.store(this.round, (round + 1) | 0)
      // The next rendezvous cannot end without us, so it is this number that comes next.
      else yield* cpu.untilEqual(this.round, (round + 1) | 0)
      return
    }
  }

  /** m,a -> m-1,a, or m,m-1 -> m-1,0 and releases the others. */
  *leave(cpu: Cpu): Steps<void> {
    for (;;) {
      const seats = yield* cpu.load(this.seats)
      const members = (seats >>> 16) - 1
      const areAllThere = members > 0 && (seats & ARRIVED) === members
      const was = yield* cpu.cas(this.seats, seats, areAllThere ? members * MEMBER : seats - MEMBER)
      if (was !== seats) continue
      if (areAllThere) yield* cpu.add(this.round, 1)
      return
    }
  }
}
