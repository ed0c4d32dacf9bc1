import { mixHigh, mixLow, type NotedFingerprints } from './fingerprint.ts'
import { Column } from './growing.ts'
import type { Machine } from './machine.ts'
import type { Finding } from './program.ts'
import type { Reducer } from './reducer.ts'
import { ableOf, type Counts, DEADLOCK, type Hooks, LIVELOCK, NO_HOOKS } from './search.ts'

const LAST_PLACE = 0x6000_0000
const USED_PLACE = 0x6800_0000
/** Greater depths count as equal, so that they fit into the note of a state. */
const DEPTHS = 8
const SIGNALLED = 2

/**
 * Looks for a violation with few preemptions: ways in which an actor that could have gone on is interrupted at most `most`
 * times (Musuvathi and Qadeer, PLDI 2007). Most faults need one or two, and a witness with few is one that can be read. Finding
 * nothing proves nothing; that is for the exhaustive search.
 */
export class BoundedSearch {
  readonly #machine: Machine
  readonly #counts: Counts
  readonly #reduction: Reducer
  readonly #hooks: Hooks
  readonly #todo = new Column()
  readonly #able = new Column()
  readonly #used = new Column()
  readonly #isShort: boolean
  readonly #visited: NotedFingerprints
  #schedule: readonly number[] | undefined
  #findings: readonly Finding[] = []

  /** `visited`: room for the states of this search, and of the next. `isShort`: a state is worth another look if the way to it has become shorter. */
  constructor(
    machine: Machine,
    counts: Counts,
    reduction: Reducer,
    visited: NotedFingerprints,
    hooks: Hooks = NO_HOOKS,
    isShort = false,
  ) {
    this.#isShort = isShort
    this.#visited = visited
    this.#machine = machine
    this.#counts = counts
    this.#reduction = reduction
    this.#hooks = hooks
  }

  /** The way to a violation, or undefined if none exists within these preemptions, this total of steps and this depth. */
  run(
    most: number,
    steps: number,
    depth: number,
  ): { schedule: readonly number[]; findings: readonly Finding[] } | undefined {
    const machine = this.#machine
    const until = machine.steps + steps
    const before = machine.steps
    this.#visited.clear()
    this.#used.reserve(1)
    this.#used.at[0] = 0
    this.#enter(-1, 0)
    while (!this.#hooks.watch(() => this.#slice(most, until, depth)));
    this.#counts.steps += machine.steps - before
    machine.backTo(0)
    return this.#schedule && { schedule: this.#schedule, findings: this.#findings }
  }

  /** Runs until a pause is due; true if the search is over. */
  #slice(most: number, until: number, depth: number): boolean {
    const machine = this.#machine
    machine.isBreathDue = false
    while (machine.steps < until && this.#schedule === undefined && !machine.isBreathDue) {
      const todo = this.#todo.at[machine.depth]!
      if (todo === 0) {
        if (machine.depth === 0) return true
        machine.back()
        continue
      }
      const actor = this.#choose(todo)
      if (machine.depth < depth) this.#try(most, actor)
    }
    return machine.steps >= until || this.#schedule !== undefined
  }

  /** The actor that ran last is tried first, and its stores become visible first, so executions with few switches come first. */
  #choose(todo: number): number {
    const { depth } = this.#machine
    const own = depth === 0 ? 0 : todo & this.#machine.steppersOf(this.#machine.actorAt(depth - 1))
    const stepper = own === 0 ? 31 - Math.clz32(todo & -todo) : 31 - Math.clz32(own)
    this.#todo.at[depth] = todo & ~(1 << stepper)
    return stepper
  }

  #try(most: number, actor: number): void {
    const machine = this.#machine
    const { depth } = machine
    const last = depth === 0 ? -1 : machine.actorAt(depth - 1)
    const isSwitch = last >= 0 && machine.actorOf(last) !== machine.actorOf(actor)
    const used = this.#used.at[depth]! + (isSwitch && (this.#able.at[depth]! & machine.steppersOf(last)) !== 0 ? 1 : 0)
    if (used > most) return
    machine.step(actor)
    this.#reduction.update(actor)
    if (machine.violated.length > 0) this.#found(machine.findings(actor))
    else if (machine.signals === SIGNALLED && this.#hooks.loops(machine)) this.#found([LIVELOCK])
    else if (!this.#enter(actor, used)) machine.back()
  }

  #enter(last: number, used: number): boolean {
    const machine = this.#machine
    if (!this.#isBetter(last, used)) return false
    const able = ableOf(machine)
    if (able === 0) {
      this.#counts.executions += 1
      if (machine.haveAllEnded) this.#hooks.ended(machine)
      const findings = machine.haveAllEnded ? machine.findingsAtRest() : [DEADLOCK]
      if (findings.length > 0) this.#found(findings)
      return false
    }
    this.#todo.reserve(machine.depth + 1)
    this.#used.reserve(machine.depth + 1)
    this.#able.reserve(machine.depth + 1)
    this.#able.at[machine.depth] = able
    this.#todo.at[machine.depth] = (last >= 0 && this.#reduction.continuing(last, able)) || able
    this.#used.at[machine.depth] = used
    return true
  }

  /** Whether the state is new, or was reached before only with a worse note. */
  #isBetter(last: number, used: number): boolean {
    const { hashLow, hashHigh, depth } = this.#machine
    const low = hashLow ^ mixLow(LAST_PLACE, last) ^ (this.#isShort ? mixLow(USED_PLACE, used) : 0)
    const high = hashHigh ^ mixHigh(LAST_PLACE, last) ^ (this.#isShort ? mixHigh(USED_PLACE, used) : 0)
    const cost = this.#isShort ? Math.floor(depth / DEPTHS) : used
    const at = this.#visited.findNoted(low, high, cost)
    if (this.#visited.isNew) return true
    if (this.#visited.noteAt(at) <= cost) return false
    this.#visited.setNote(at, cost)
    return true
  }

  #found(findings: readonly Finding[]): void {
    this.#schedule = this.#machine.schedule()
    this.#findings = findings
  }
}
