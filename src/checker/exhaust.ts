import { Fingerprints, OnTheWay } from './fingerprint.ts'
import { Column } from './growing.ts'
import type { Machine } from './machine.ts'
import type { Finding } from './program.ts'
import type { Reducer } from './reducer.ts'
import type { Watch } from './watch.ts'

/** Where an exploration gives up, and where it stops for a breath. */
export type Bounds = {
  /** Steps on one way from the start. */
  readonly depth: number
  readonly states: number
  /** Asked now and then; true ends the exploration. */
  readonly isOver: (counts: Counts) => boolean
}

/** What a search asks of its caller. */
export type Hooks = {
  /** Whether a loop that has run out of patience would have gone on for ever. */
  readonly loops: (machine: Machine) => boolean
  /** An execution has come to its end. */
  readonly ended: (machine: Machine) => void
  readonly watch: Watch
}

export const NO_HOOKS: Hooks = { loops: () => false, ended: () => {}, watch: (slice) => slice() }

export type Counts = {
  /** Ways that were followed to an end: all have ended, or no actor can step. */
  executions: number
  /** Those among them in which no actor can step and some have not ended. */
  blocked: number
  /** Ways that were given up because they led to a state that had been met before. */
  pruned: number
  /** Different states, in the last round. */
  states: number
  /** Steps taken, in all rounds. */
  steps: number
  /** Rounds of learning what the actors may do. */
  rounds: number
}

export type Outcome =
  | { readonly verdict: 'PASS' }
  | { readonly verdict: 'FAIL'; readonly schedule: readonly number[]; readonly findings: readonly Finding[] }
  | { readonly verdict: 'UNKNOWN'; readonly because: 'depth' | 'states' | 'time' }

const ASK_EVERY = 1 << 14

/**
 * Every state that matters, depth first: in each of them a persistent set of actors is tried, and no state twice. Without
 * a reduction every actor is tried everywhere, which shows that the reduction loses nothing.
 */
export class Exhaustion {
  readonly counts: Counts = { executions: 0, blocked: 0, pruned: 0, states: 0, steps: 0, rounds: 0 }
  readonly #machine: Machine
  readonly #bounds: Bounds
  readonly #reduction: Reducer | undefined
  #visited = new Fingerprints()
  readonly #onTheWay = new OnTheWay()
  /** The actors that are still to be tried at each depth. */
  readonly #todo = new Column()
  /** The actors that can step at each depth. */
  readonly #able = new Column()
  readonly #tried = new Column()
  readonly #hooks: Hooks
  #refutedFor = 0
  #hasCycle = false
  /** The way that was too long. */
  deepest: readonly number[] = []
  #outcome: Outcome = { verdict: 'PASS' }

  constructor(machine: Machine, bounds: Bounds, reduction?: Reducer, hooks: Hooks = NO_HOOKS) {
    this.#hooks = hooks
    this.#machine = machine
    this.#bounds = bounds
    this.#reduction = reduction
  }

  run(): Outcome {
    do {
      this.counts.rounds += 1
      this.counts.executions = 0
      this.counts.blocked = 0
      this.counts.pruned = 0
      this.#visited = new Fingerprints()
      this.#onTheWay.clear()
      this.#reduction?.beginRound()
      this.#refutedFor = 0
      this.#round()
      this.counts.states = this.#visited.size
    } while (this.#outcome.verdict === 'PASS' && this.#reduction?.isRefuted)
    return this.#outcome
  }

  #round(): void {
    const machine = this.#machine
    const stepsBefore = machine.steps
    if (this.#enter()) while (!this.#hooks.watch(() => this.#slice(stepsBefore)));
    this.counts.steps += machine.steps - stepsBefore
    machine.backTo(0)
  }

  /** Goes on until it is time for a breath; true if the round is over. */
  #slice(stepsBefore: number): boolean {
    const machine = this.#machine
    machine.isBreathDue = false
    while (!machine.isBreathDue) {
      const todo = this.#todo.at[machine.depth]!
      if (todo === 0) {
        this.#onTheWay.leave(machine.hashLow)
        if (machine.depth === 0) return true
        machine.back()
        continue
      }
      const actor = 31 - Math.clz32(todo & -todo)
      this.#todo.at[machine.depth] = todo & (todo - 1)
      this.#tried.at[machine.depth]! |= todo & -todo
      machine.step(actor)
      this.#reduction?.update(actor)
      if (machine.violated.length > 0) this.#fail(machine.findings(actor))
      else if (machine.signals === SIGNALLED && this.#hooks.loops(machine)) this.#fail([LIVELOCK])
      else if (!this.#enter() && this.#outcome.verdict === 'PASS') this.#turnBack()
      if (this.#outcome.verdict !== 'PASS') return true
      if ((machine.steps & (ASK_EVERY - 1)) === 0 && this.#isVoid()) return true
    }
    return this.#isOver(stepsBefore)
  }

  /** A refuted round goes on for a while, because it still learns; the longer, the more rounds there have been. */
  #isVoid(): boolean {
    if (!this.#reduction?.isRefuted) return false
    this.#refutedFor += 1
    return this.#refutedFor > 4 * 2 ** this.counts.rounds
  }

  #isOver(stepsBefore: number): boolean {
    const steps = this.counts.steps + this.#machine.steps - stepsBefore
    const states = this.#visited.size
    if (this.#bounds.isOver({ ...this.counts, steps, states })) this.#outcome = { verdict: 'UNKNOWN', because: 'time' }
    return this.#outcome.verdict !== 'PASS'
  }

  /**
   * Back from a state that is known. If it lies on the way here, the way is a cycle, and an actor that was left out of it must get
   * a chance somewhere on it: here. If none was, because no other can step, it goes round for ever.
   */
  #turnBack(): void {
    const machine = this.#machine
    const { hashLow, hashHigh } = machine
    const actor = machine.actorAt(machine.depth - 1)
    machine.back()
    if (!this.#hasCycle) return
    this.#todo.at[machine.depth]! |= this.#able.at[machine.depth]! & ~this.#tried.at[machine.depth]!
    if (machine.program.isUnended) return
    for (let depth = machine.depth; ; depth -= 1) {
      if (this.#able.at[depth] !== 1 << actor) return
      if (machine.wasAt(depth, hashLow, hashHigh)) break
    }
    machine.step(actor)
    this.#fail([LIVELOCK])
  }

  /** Plans what to try from this state on. False if there is nothing to try: an end, or known. */
  #enter(): boolean {
    const machine = this.#machine
    const { hashLow, hashHigh } = machine
    this.#visited.find(hashLow, hashHigh)
    this.#hasCycle = !this.#visited.isNew && this.#onTheWay.mayHave(hashLow) && isOnTheWay(machine)
    if (!this.#visited.isNew) {
      this.counts.pruned += 1
      return false
    }
    if (this.#visited.size > this.#bounds.states) {
      this.#outcome = { verdict: 'UNKNOWN', because: 'states' }
      return false
    }
    const able = ableOf(machine)
    if (able === 0) {
      this.#atEnd()
      return false
    }
    if (machine.depth >= this.#bounds.depth) {
      this.#outcome = { verdict: 'UNKNOWN', because: 'depth' }
      this.deepest = machine.schedule()
      return false
    }
    this.#onTheWay.enter(hashLow)
    this.#todo.reserve(machine.depth + 1)
    this.#able.reserve(machine.depth + 1)
    this.#tried.reserve(machine.depth + 1)
    this.#tried.at[machine.depth] = 0
    this.#able.at[machine.depth] = able
    this.#todo.at[machine.depth] = this.#reduction === undefined ? able : this.#reduction.persistent(able)
    return true
  }

  #atEnd(): void {
    const machine = this.#machine
    this.counts.executions += 1
    if (!machine.haveAllEnded) {
      this.counts.blocked += 1
      this.#fail([DEADLOCK])
      return
    }
    this.#hooks.ended(machine)
    const findings = machine.findingsAtRest()
    if (findings.length > 0) this.#fail(findings)
  }

  #fail(findings: readonly Finding[]): void {
    this.#outcome = { verdict: 'FAIL', schedule: this.#machine.schedule(), findings }
  }
}

/** `Machine.signals` when a loop was told to give up. */
const SIGNALLED = 2

/** Whether the way to this state has led through it before. */
function isOnTheWay(machine: Machine): boolean {
  const { hashLow, hashHigh } = machine
  for (let depth = machine.depth - 1; depth >= 0; depth -= 1) if (machine.wasAt(depth, hashLow, hashHigh)) return true
  return false
}

export const LIVELOCK: Finding = {
  name: 'livelock',
  says: 'a loop goes round for ever, although no other actor does anything any more',
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
