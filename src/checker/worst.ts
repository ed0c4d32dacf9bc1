import { NotedFingerprints } from './fingerprint.ts'
import { Column } from './growing.ts'
import type { Machine } from './machine.ts'
import type { Reducer } from './reducer.ts'
import { ableOf } from './search.ts'

/** The cost of the worst schedule, and the schedule. */
export type Worst = {
  readonly cost: number
  readonly schedule: readonly number[]
  /** `proved`: no schedule costs more. `bound`: the highest cost seen within the bound. `cycle`: the same, because of a cycle. */
  readonly because: 'proved' | 'bound' | 'cycle'
  readonly states: number
  readonly steps: number
}

export type WorstBounds = { readonly states: number; readonly depth: number; readonly isOver: () => boolean }

/** Notes on a state: the way here leads through it, or what still comes at most. */
const ON_THE_WAY = -1
const MOST = 127
const ASK_EVERY = 1 << 14

/**
 * The execution in which the kept counter is highest. The value of a state is the count on the best path from it to an
 * end: the longest path in the graph of states, each visited once. A count belongs to a step, so executions that differ
 * only in the order of independent steps count the same, and the reduction of the exhaustive search and its rounds
 * apply.
 */
export class WorstSearch {
  readonly #machine: Machine
  readonly #reduction: Reducer
  readonly #bounds: WorstBounds
  readonly #todo = new Column()
  readonly #best = new Column()
  #worth = new NotedFingerprints()
  #because = 'proved' as Worst['because']

  constructor(machine: Machine, reduction: Reducer, bounds: WorstBounds) {
    this.#machine = machine
    this.#reduction = reduction
    this.#bounds = bounds
  }

  run(): Worst {
    const machine = this.#machine
    do {
      this.#because = 'proved'
      this.#worth = new NotedFingerprints()
      this.#reduction.beginRound()
      this.#round()
    } while (!this.#isBound() && this.#reduction.isRefuted)
    const states = this.#worth.size
    const cost = machine.counted + this.#best.at[0]!
    return { cost, schedule: this.#follow(cost), because: this.#because, states, steps: machine.steps }
  }

  #round(): void {
    const machine = this.#machine
    this.#enter()
    for (;;) {
      const todo = this.#todo.at[machine.depth]!
      if (todo === 0 || this.#because === 'bound') {
        if (machine.depth === 0) break
        this.#leave()
        continue
      }
      this.#todo.at[machine.depth] = todo & (todo - 1)
      const before = machine.counted
      const actor = 31 - Math.clz32(todo & -todo)
      machine.step(actor)
      this.#reduction.update(actor)
      const gain = machine.counted - before
      if ((machine.steps & (ASK_EVERY - 1)) === 0) this.#ask()
      if (this.#enter()) continue
      const worth = Math.max(0, this.#noteHere())
      machine.back()
      this.#take(gain + worth)
    }
    machine.backTo(0)
  }

  /** Back from a state of which all is known. */
  #leave(): void {
    const machine = this.#machine
    const best = this.#best.at[machine.depth]!
    this.#worth.setNote(this.#worth.findNoted(machine.hashLow, machine.hashHigh, 0), best)
    const counted = machine.counted
    machine.back()
    this.#take(best + counted - machine.counted)
  }

  #take(worth: number): void {
    const { depth } = this.#machine
    if (worth >= MOST) this.#because = 'bound'
    if (worth > this.#best.at[depth]!) this.#best.at[depth] = Math.min(worth, MOST)
  }

  /** False if it is known what this state is worth, or if it is an end. */
  #enter(): boolean {
    const machine = this.#machine
    const at = this.#worth.findNoted(machine.hashLow, machine.hashHigh, ON_THE_WAY)
    if (!this.#worth.isNew) {
      if (this.#worth.noteAt(at) === ON_THE_WAY && this.#because === 'proved') this.#because = 'cycle'
      return false
    }
    const able = ableOf(machine)
    if (able === 0 || machine.depth >= this.#bounds.depth) {
      if (able !== 0) this.#because = 'bound'
      this.#worth.setNote(at, 0)
      return false
    }
    this.#todo.reserve(machine.depth + 1)
    this.#best.reserve(machine.depth + 1)
    this.#todo.at[machine.depth] = this.#reduction.choose(able)
    this.#reduction.rely()
    this.#best.at[machine.depth] = 0
    return true
  }

  #isBound(): boolean {
    return this.#because === 'bound'
  }

  #ask(): void {
    if (this.#worth.size > this.#bounds.states || this.#bounds.isOver()) this.#because = 'bound'
  }

  #noteHere(): number {
    const { hashLow, hashHigh } = this.#machine
    return this.#worth.noteAt(this.#worth.findNoted(hashLow, hashHigh, ON_THE_WAY))
  }

  /**
   * A path with the value of the start: from each state to one with the remaining value, and never to one twice. The actor
   * that ran last continues if it can.
   */
  #follow(cost: number): number[] {
    const machine = this.#machine
    const passed = new NotedFingerprints()
    for (let able = ableOf(machine); able !== 0; able = ableOf(machine)) {
      passed.findNoted(machine.hashLow, machine.hashHigh, 0)
      const last = machine.depth === 0 ? 0 : machine.actorAt(machine.depth - 1)
      const next = this.#nextOn(able, last, cost - machine.counted, passed)
      if (next === undefined) break
      machine.step(next)
    }
    const schedule = machine.schedule()
    machine.backTo(0)
    return schedule
  }

  #nextOn(able: number, last: number, missing: number, passed: NotedFingerprints): number | undefined {
    const machine = this.#machine
    for (let turn = 0; turn < machine.steppers; turn += 1) {
      const actor = (last + turn) % machine.steppers
      if ((able & (1 << actor)) === 0) continue
      const before = machine.counted
      machine.step(actor)
      const left = missing - (machine.counted - before)
      const worth = this.#worth.noteOf(machine.hashLow, machine.hashHigh)
      const isNew = passed.noteOf(machine.hashLow, machine.hashHigh) === undefined
      machine.back()
      if (isNew && worth === left) return actor
    }
    return undefined
  }
}
