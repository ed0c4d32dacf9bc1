import { Column } from './growing.ts'
import type { Machine } from './machine.ts'
import type { Company } from './pair/company.ts'
import { OpenStates } from './pair/open-states.ts'
import type { Work } from './pair/side.ts'
import { StateTable } from './pair/state-table.ts'
import type { Finding } from './program.ts'
import type { Reducer } from './reducer.ts'
import {
  ableOf,
  type Bounds,
  DEADLOCK,
  goesRoundAlone,
  type Hooks,
  LIVELOCK,
  noCounts,
  type Outcome,
  SIGNALLED,
} from './search.ts'

const ASK_EVERY = 1 << 14
const LISTEN_EVERY = 1 << 6

/**
 * Goes through the states that matter, depth first: in each of them a persistent set of actors is tried, and no state twice. Another
 * thread may go through the same ones; then each state is left to the one that was there first.
 */
export class Walk {
  readonly machine: Machine
  readonly reduction: Reducer | undefined
  readonly counts = noCounts()
  readonly #bounds: Bounds
  readonly #hooks: Hooks
  visited = new StateTable()
  open = new OpenStates()
  /** The other thread, if there is one. */
  company: Company | undefined
  /** The actors that are still to be tried at each depth. */
  readonly #todo = new Column()
  /** The actors that can step at each depth. */
  readonly #able = new Column()
  readonly #tried = new Column()
  /** What can step in the state that is entered, and what is to be tried there; -1 as long as that is not known. */
  #canStep = -1
  #set = -1
  #refutedFor = 0
  /** The round was void, and has been abandoned. */
  isGivenUp = false
  #hasCycle = false
  #stepsBefore = 0
  /** The way that was too long. */
  deepest: readonly number[] = []
  outcome: Outcome = { verdict: 'PASS' }

  constructor(machine: Machine, bounds: Bounds, reduction: Reducer | undefined, hooks: Hooks) {
    this.machine = machine
    this.#bounds = bounds
    this.reduction = reduction
    this.#hooks = hooks
  }

  /** Nothing is known of any state. `table`: where another thread enters the states too. */
  beginRound(table?: SharedArrayBuffer): void {
    if (table === undefined) this.visited.clear()
    else this.visited = new StateTable(table)
    this.counts.rounds += 1
    this.counts.executions = 0
    this.counts.blocked = 0
    this.counts.pruned = 0
    this.reduction?.beginRound()
    this.#refutedFor = 0
    this.isGivenUp = false
    this.#stepsBefore = this.machine.steps
  }

  /** From the start; false if it is an end already. */
  start(): boolean {
    return this.#enter()
  }

  /** Returns to the start, leaving any remaining work. */
  endRound(): void {
    this.counts.steps += this.steps
    this.counts.states = this.visited.size
    this.drop()
  }

  /** Steps that were taken in this round, without those that led to work of another thread. */
  get steps(): number {
    return this.machine.steps - this.#stepsBefore
  }

  drop(): void {
    this.open.clear()
    this.machine.backTo(0)
  }

  /** Runs until a pause is due; true if there is nothing left to do. */
  slice(): boolean {
    const { machine } = this
    machine.isBreathDue = false
    while (!machine.isBreathDue) {
      const todo = this.#todo.at[machine.depth]!
      if (todo === 0) {
        this.open.pop()
        if (machine.depth === 0) return true
        machine.back()
        continue
      }
      const actor = 31 - Math.clz32(todo & -todo)
      this.#todo.at[machine.depth] = todo & (todo - 1)
      this.#tried.at[machine.depth]! |= todo & -todo
      machine.step(actor)
      this.reduction?.update(actor)
      if (machine.violated.length > 0) this.#fail(machine.findings(actor))
      else if (machine.signals === SIGNALLED && this.#hooks.loops(machine)) this.#fail([LIVELOCK])
      else if (!this.#enter() && this.outcome.verdict === 'PASS') this.#turnBack()
      if (this.outcome.verdict !== 'PASS') return true
      if ((machine.steps & (LISTEN_EVERY - 1)) !== 0) continue
      if ((machine.steps & (ASK_EVERY - 1)) === 0 && this.#isVoid()) return true
      if (this.company?.serve()) machine.isBreathDue = true
    }
    return this.isOver()
  }

  /** A refuted round continues for a while, because it still learns; the more rounds there have been, the longer. */
  #isVoid(): boolean {
    if (!this.reduction?.isRefuted && !this.company?.isRefuted) return false
    // Two threads learn twice as much in the same time.
    this.#refutedFor += this.company === undefined ? 1 : 2
    this.isGivenUp = this.#refutedFor > 4 * 2 ** this.counts.rounds
    return this.isGivenUp
  }

  /** Whether the time limit is reached. */
  isOver(): boolean {
    const steps = this.counts.steps + this.steps + (this.company?.steps ?? 0)
    const states = this.visited.size + (this.company?.states ?? 0)
    if (this.#bounds.isOver({ ...this.counts, steps, states })) this.outcome = { verdict: 'UNKNOWN', because: 'time' }
    return this.outcome.verdict !== 'PASS'
  }

  /**
   * Returns from a known state. If it is still being explored, the path may be a cycle, and an actor that was left out
   * must be tried somewhere on it: here. If none was left out, because no other can step, it is an endless loop.
   */
  #turnBack(): void {
    const { machine } = this
    const { hashLow, hashHigh } = machine
    const actor = machine.actorAt(machine.depth - 1)
    machine.back()
    if (!this.#hasCycle) return
    this.#todo.at[machine.depth]! |= this.#able.at[machine.depth]! & ~this.#tried.at[machine.depth]!
    if (machine.program.isUnended) return
    if (this.company !== undefined) {
      const round = goesRoundAlone(machine, actor, this.#bounds.depth)
      if (round !== undefined) this.outcome = { verdict: 'FAIL', schedule: round, findings: [LIVELOCK] }
      return
    }
    for (let depth = machine.depth; ; depth -= 1) {
      if (this.#able.at[depth] !== 1 << actor) return
      if (machine.wasAt(depth, hashLow, hashHigh)) break
    }
    machine.step(actor)
    this.#fail([LIVELOCK])
  }

  /** Plans what to try from this state on. False if there is nothing to try: an end, or known. */
  #enter(): boolean {
    const { machine } = this
    if (!this.#add()) {
      this.counts.pruned += 1
      return false
    }
    if (this.visited.size + (this.company?.states ?? 0) > this.#bounds.states) {
      this.outcome = { verdict: 'UNKNOWN', because: 'states' }
      return false
    }
    const able = this.#canStep === -1 ? ableOf(machine) : this.#canStep
    if (able === 0) {
      this.#atEnd()
      return this.#leave()
    }
    if (machine.depth >= this.#bounds.depth) {
      this.outcome = { verdict: 'UNKNOWN', because: 'depth' }
      this.deepest = machine.schedule()
      return this.#leave()
    }
    this.#plan(able, this.#toTry(able))
    return true
  }

  #toTry(able: number): number {
    const { reduction } = this
    if (reduction === undefined) return able
    const set = this.#set === -1 ? reduction.choose(able) : this.#set
    reduction.rely()
    return set
  }

  /**
   * Whether a single stepper is to be tried here. Most states are such, and few of them are met again after a while: then the
   * way from there to the next state that is in the table is gone once more. A cycle is noticed by the states on the way here.
   */
  #leadsOn(): boolean {
    if (this.reduction === undefined) return false
    this.#canStep = ableOf(this.machine)
    if (this.#canStep === 0) return false
    this.#set = this.reduction.choose(this.#canStep)
    return (this.#set & (this.#set - 1)) === 0
  }

  /** Opens the state if no thread has been there; else it may close a cycle. */
  #add(): boolean {
    const { hashLow, hashHigh } = this.machine
    this.#canStep = -1
    this.#set = -1
    if (this.visited.isLarge && !this.visited.isRecent(hashLow, hashHigh) && this.#leadsOn()) {
      this.#hasCycle = this.open.has(hashLow, hashHigh)
      if (this.#hasCycle) return false
      this.visited.pass(hashLow, hashHigh)
      this.open.push(hashLow, hashHigh)
      return true
    }
    if (this.company === undefined) {
      const isNew = this.visited.add(hashLow, hashHigh)
      if (isNew) this.open.push(hashLow, hashHigh)
      else this.#hasCycle = this.open.has(hashLow, hashHigh)
      return isNew
    }
    if (!this.visited.has(hashLow, hashHigh)) {
      // Before the other thread can meet it.
      this.open.push(hashLow, hashHigh)
      if (this.visited.add(hashLow, hashHigh)) return true
      this.open.pop()
    }
    this.#hasCycle = this.open.has(hashLow, hashHigh) || this.company.isOpen(hashLow, hashHigh)
    return false
  }

  #leave(): false {
    this.open.pop()
    return false
  }

  #plan(able: number, todo: number): void {
    const { depth } = this.machine
    this.#todo.reserve(depth + 1)
    this.#able.reserve(depth + 1)
    this.#tried.reserve(depth + 1)
    this.#tried.at[depth] = 0
    this.#able.at[depth] = able
    this.#todo.at[depth] = todo
  }

  #atEnd(): void {
    const { machine } = this
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
    this.outcome = { verdict: 'FAIL', schedule: this.machine.schedule(), findings }
  }

  /** Splits off half of the remaining work, every second item on the current path; undefined if that is too little. */
  split(): Work | undefined {
    const { machine } = this
    const todo: number[] = []
    let isMine = false
    for (let depth = 0; depth <= machine.depth; depth += 1) {
      let theirs = 0
      for (let rest = this.#todo.at[depth]!; rest !== 0; rest &= rest - 1) {
        if (isMine) theirs |= rest & -rest
        isMine = !isMine
      }
      todo.push(theirs)
    }
    // The first thing that is left to do stays here, so that something does.
    while (todo.at(-1) === 0) todo.pop()
    if (todo.length === 0) return undefined
    for (const [depth, theirs] of todo.entries()) {
      this.#todo.at[depth]! &= ~theirs
      this.#tried.at[depth]! |= theirs
    }
    const tried = todo.map((_, depth) => this.#tried.at[depth]! | this.#todo.at[depth]!)
    return { schedule: machine.schedule().slice(0, todo.length - 1), todo, tried }
  }

  /** Goes to where that work is, which another thread has left to this one. */
  adopt({ schedule, todo, tried }: Work): void {
    const { machine } = this
    const before = machine.steps
    for (const [depth, own] of todo.entries()) {
      const able = ableOf(machine)
      this.#plan(able, own)
      this.#tried.at[depth] = tried[depth]!
      this.open.push(machine.hashLow, machine.hashHigh)
      const stepper = schedule[depth]
      if (stepper === undefined) break
      machine.step(stepper)
      this.reduction?.update(stepper)
    }
    this.#stepsBefore += machine.steps - before
  }
}
