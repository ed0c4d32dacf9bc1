import type { Machine } from './machine.ts'
import { ableOf, type Counts, DEADLOCK, type Hooks, LIVELOCK, type Outcome } from './search.ts'
import { xorshift } from './xorshift.ts'

const SIGNALLED = 2

/** Chooses the next stepper among the enabled ones. */
type Chooser = { readonly begin: () => void; readonly next: (able: number, depth: number) => number }

export type Sampling = {
  readonly kind: 'random' | 'pct'
  readonly seed: number
  readonly depth: number
  /** Asked before each execution. */
  readonly isOver: (counts: Counts) => boolean
}

/**
 * Random executions, for programs that are too large to exhaust. They prove nothing, so without a violation the verdict
 * is UNKNOWN. `random` draws each step; `pct` gives actors priorities and changes them at a few places drawn beforehand,
 * so that a fault with d ordering constraints is found with a probability of at least 1 / (n k^(d-1)) per execution of k
 * steps by n actors (Burckhardt, Kothari, Musuvathi, Nagarakatte, ASPLOS 2010).
 */
export function sample(machine: Machine, counts: Counts, sampling: Sampling, hooks: Hooks): Outcome {
  const random = xorshift(sampling.seed)
  const chooser = sampling.kind === 'pct' ? priorities(machine.steppers, random) : uniform(machine.steppers, random)
  const before = machine.steps
  while (!sampling.isOver(counts)) {
    machine.backTo(0)
    chooser.begin()
    const outcome = hooks.watch(() => execute(machine, counts, sampling.depth, chooser, hooks))
    counts.steps = machine.steps - before
    if (outcome !== undefined) return outcome
  }
  return { verdict: 'UNKNOWN', because: 'time' }
}

function execute(
  machine: Machine,
  counts: Counts,
  depth: number,
  { next }: Chooser,
  hooks: Hooks,
): Outcome | undefined {
  while (machine.depth < depth) {
    const able = ableOf(machine)
    if (able === 0) break
    const actor = next(able, machine.depth)
    machine.step(actor)
    const findings = machine.violated.length > 0 ? machine.findings(actor) : []
    if (findings.length > 0) return { verdict: 'FAIL', schedule: machine.schedule(), findings }
    if (machine.signals === SIGNALLED && hooks.loops(machine)) {
      return { verdict: 'FAIL', schedule: machine.schedule(), findings: [LIVELOCK] }
    }
  }
  if (machine.depth >= depth) return undefined
  counts.executions += 1
  if (!machine.haveAllEnded) counts.blocked += 1
  else hooks.ended(machine)
  const findings = machine.haveAllEnded ? machine.findingsAtRest() : [DEADLOCK]
  return findings.length === 0 ? undefined : { verdict: 'FAIL', schedule: machine.schedule(), findings }
}

function uniform(actors: number, random: () => number): Chooser {
  return {
    begin: () => {},
    next: (able) => {
      for (;;) {
        const actor = random() % actors
        if ((able & (1 << actor)) !== 0) return actor
      }
    },
  }
}

/** Constraints that are looked for: priorities change at one place less. */
const CONSTRAINTS = 3
const USUAL_LENGTH = 400

function priorities(actors: number, random: () => number): Chooser {
  const priority = new Int32Array(actors)
  const changes = new Set<number>()
  let lowest = 0
  return {
    begin: () => {
      lowest = 0
      changes.clear()
      for (let actor = 0; actor < actors; actor += 1) priority[actor] = 1 + (random() % 1_000_000)
      while (changes.size < CONSTRAINTS - 1) changes.add(random() % USUAL_LENGTH)
    },
    next: (able, depth) => {
      let best = -1
      for (let actor = 0; actor < actors; actor += 1) {
        if ((able & (1 << actor)) !== 0 && (best < 0 || priority[actor]! > priority[best]!)) best = actor
      }
      if (changes.has(depth)) {
        lowest -= 1
        priority[best] = lowest
      }
      return best
    },
  }
}
