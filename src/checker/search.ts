import type { Machine } from './machine.ts'
import type { Finding } from './program.ts'
import type { Watch } from './watch.ts'

/** The limits of an exploration, and when it pauses. */
export type Bounds = {
  /** Steps on one way from the start. */
  readonly depth: number
  readonly states: number
  /** Asked now and then; true ends the exploration. */
  readonly isOver: (counts: Counts) => boolean
}

/** Callbacks of a search. */
export type Hooks = {
  /** Whether a loop that has run out of patience would have repeated forever. */
  readonly loops: (machine: Machine) => boolean
  /** An execution has ended. */
  readonly ended: (machine: Machine) => void
  readonly watch: Watch
}

export const NO_HOOKS: Hooks = { loops: () => false, ended: () => {}, watch: (slice) => slice() }

export type Counts = {
  /** Ways that were followed to an end: all have ended, or no actor can step. */
  executions: number
  /** Those among them in which no actor can step and some have not ended. */
  blocked: number
  /** Paths that were cut because they led to a known state. */
  pruned: number
  /** Different states, in the last round. */
  states: number
  /** Steps taken, in all rounds. */
  steps: number
  /** Rounds of learning the behaviour of the actors. */
  rounds: number
}

export const noCounts = (): Counts => ({ executions: 0, blocked: 0, pruned: 0, states: 0, steps: 0, rounds: 0 })

export type Outcome =
  | { readonly verdict: 'PASS' }
  | { readonly verdict: 'FAIL'; readonly schedule: readonly number[]; readonly findings: readonly Finding[] }
  | { readonly verdict: 'UNKNOWN'; readonly because: 'depth' | 'states' | 'time' }

/** The value of `Machine.signals` when a loop was told to give up. */
export const SIGNALLED = 2

export const LIVELOCK: Finding = {
  name: 'livelock',
  says: 'a loop repeats forever, although no other actor takes a step any more',
  value: 0,
}

export const DEADLOCK: Finding = {
  name: 'deadlock',
  says: 'no actor could take a step any more, and not all had ended',
  value: 0,
}

/** The steppers that can step, as bits. */
export function ableOf(machine: Machine): number {
  let able = machine.weak === undefined ? 0 : machine.weak.able()
  for (let actor = 0; actor < machine.actors; actor += 1) if (machine.canStep(actor)) able |= 1 << actor
  return able
}

/** Whether the only enabled actor loops forever, in states in which no other can step: returns the path, if it does. */
export function goesRoundAlone(machine: Machine, actor: number, longest: number): readonly number[] | undefined {
  const from = machine.depth
  let { hashLow, hashHigh } = machine
  let found: readonly number[] | undefined
  // Brent's way to find a cycle: the state that is compared with is renewed at each power of two.
  for (let steps = 1, renewed = 1; steps <= longest; steps += 1) {
    if (ableOf(machine) !== 1 << actor) break
    machine.step(actor)
    if (machine.hashLow === hashLow && machine.hashHigh === hashHigh) {
      found = machine.schedule()
      break
    }
    if (steps !== renewed) continue
    renewed *= 2
    ;({ hashLow, hashHigh } = machine)
  }
  machine.backTo(from)
  return found
}
