import type { Machine } from './machine.ts'
import { ableOf } from './search.ts'
import type { Watch } from './watch.ts'

/** A step from one state to another. */
export type Edge = { readonly from: number; readonly actor: number; readonly to: number }

/**
 * Every reachable state, and every step between them, without reduction, because an infinite execution is a cycle of
 * this graph. For small programs.
 */
export class StateGraph {
  /** The actors that can step in each state, and those that have ended, as bits. */
  readonly able: number[] = []
  readonly ended: number[] = []
  /** The steps that lead on from each state. */
  readonly edges: Edge[][] = []
  /** The step by which each state was met first. */
  readonly #met: (Edge | undefined)[] = []
  readonly #numbers = new Map<string, number>()
  readonly #machine: Machine
  readonly #isOver: (states: number) => boolean
  /** It is not all there is. */
  isCut = false

  /** The states on the way here, each with the actors that are still to step there. */
  readonly #way: { readonly state: number; left: number }[] = []

  constructor(machine: Machine, isOver: (states: number) => boolean, watch: Watch) {
    this.#machine = machine
    this.#isOver = isOver
    machine.backTo(0)
    this.#enter(undefined)
    while (!watch(() => this.#slice()));
  }

  get states(): number {
    return this.able.length
  }

  /** The actors that step on the way from the start to a state. */
  pathTo(state: number): number[] {
    const path: number[] = []
    for (let at = this.#met[state]; at !== undefined; at = this.#met[at.from]) path.push(at.actor)
    return path.reverse()
  }

  /** Depth first, until it is time for a breath; true if that was all, or too much. */
  #slice(): boolean {
    const machine = this.#machine
    machine.isBreathDue = false
    while (this.#way.length > 0 && !machine.isBreathDue) {
      const top = this.#way.at(-1)!
      if (top.left === 0) {
        this.#way.pop()
        if (this.#way.length > 0) machine.back()
        continue
      }
      const actor = 31 - Math.clz32(top.left & -top.left)
      top.left &= top.left - 1
      machine.step(actor)
      const known = this.#numbers.get(keyOf(machine))
      const edge = { from: top.state, actor, to: known ?? this.states }
      this.edges[top.state]!.push(edge)
      if (known === undefined) this.#enter(edge)
      else machine.back()
    }
    this.isCut = this.#isOver(this.states)
    return this.isCut || this.#way.length === 0
  }

  #enter(met: Edge | undefined): void {
    const state = this.#add(met)
    this.#way.push({ state, left: this.able[state]! })
  }

  #add(met: Edge | undefined): number {
    const machine = this.#machine
    const state = this.states
    this.#numbers.set(keyOf(machine), state)
    this.able.push(ableOf(machine))
    this.edges.push([])
    this.#met.push(met)
    let ended = 0
    for (let actor = 0; actor < machine.actors; actor += 1) if (machine.hasEnded(actor)) ended |= 1 << actor
    this.ended.push(ended)
    return state
  }
}

const keyOf = ({ hashLow, hashHigh }: Machine): string => `${hashLow},${hashHigh}`
