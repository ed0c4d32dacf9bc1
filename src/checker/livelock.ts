import { ableOf } from './exhaust.ts'
import { Machine } from './machine.ts'
import type { MemoryModel } from './memory/model.ts'
import type { Program } from './program.ts'

const FOR_EVER = 1 << 28
/** Times that a loop must come round to the same memory, with no other actor able to step. */
const ROUNDS = 4
/** Ways out of one local state that are followed, for each set of actors that can step then. */
const PROBES = 3
const LONGEST = 20_000

/**
 * Whether a loop that ran out of patience would ever have ended: from there on all actors step in turn, which is fair, and
 * no signal comes. If it asks again and again, the memory being the same each time and no other actor able to step, it goes round
 * for ever. Followed a few times for each place at which an actor gave up; the schedule is kept of the way that showed it.
 */
export class LivelockProbe {
  readonly #program: Program
  readonly #model: MemoryModel
  #machine: Machine | undefined
  readonly #probed = new Map<string, number>()
  schedule: readonly number[] = []

  constructor(program: Program, model: MemoryModel = 'sc') {
    this.#program = program
    this.#model = model
  }

  /** The machine's last step told a loop to give up. */
  loops(gaveUp: Machine): boolean {
    const last = gaveUp.depth - 1
    const place = `${gaveUp.actorAt(last)} ${gaveUp.nodeAt(last)} ${ableOf(gaveUp)}`
    const probes = this.#probed.get(place) ?? 0
    if (probes >= PROBES) return false
    this.#probed.set(place, probes + 1)
    this.#machine ??= new Machine(this.#program, { patience: FOR_EVER, memory: this.#model })
    this.#machine.backTo(0)
    for (const actor of gaveUp.schedule()) {
      // An actor gave up before, and went on from there: that way has been followed from its own place.
      if (!this.#machine.canStep(actor)) return false
      this.#machine.step(actor)
    }
    return this.#goesRound(this.#machine)
  }

  #goesRound(machine: Machine): boolean {
    const until = machine.depth + LONGEST
    let memory = ''
    let rounds = 0
    for (let turn = 0; machine.depth < until; turn += 1) {
      const able = mustStep(machine)
      if (able === 0) return false
      const stepper = turn % machine.steppers
      if ((able & (1 << stepper)) === 0) continue
      // What the hardware may read too early it does not read so for ever.
      machine.step(stepper < machine.actors ? machine.newestFirst(stepper) : stepper)
      if (machine.signals === 0) continue
      const now = machine.memory.join()
      rounds = able === 1 << stepper && now === memory ? rounds + 1 : 0
      memory = now
      if (rounds < ROUNDS) continue
      this.schedule = machine.schedule()
      return true
    }
    return false
  }
}

/** The steppers that can step, without those that never need to. */
function mustStep(machine: Machine): number {
  let able = ableOf(machine)
  for (let stepper = machine.actors; stepper < machine.steppers; stepper += 1) {
    if (machine.isOptional(stepper)) able &= ~(1 << stepper)
  }
  return able
}
