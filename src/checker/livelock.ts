import { Fingerprints, mixHigh, mixLow } from './fingerprint.ts'
import { READ } from './instructions.ts'
import { Machine } from './machine.ts'
import type { MemoryModel } from './memory/model.ts'
import type { Program } from './program.ts'
import { ableOf } from './search.ts'

/** Does not run out, so that a loop which comes round to the same local state comes round to the same node. */
const FOR_EVER = Number.POSITIVE_INFINITY
/** Times that a loop must come round to the same memory, with no other actor able to step. */
const ROUNDS = 4
/** Ways out of one local state that are followed, for each set of actors that can step then. */
const PROBES = 3
const LONGEST = 20_000

/**
 * Decides whether a loop that ran out of patience would ever end. From there all actors step in turn, which is fair, and no
 * signal arrives. If the loop repeats with the same memory each time and no other actor can step, it is a livelock. Each
 * place at which an actor gave up is probed a few times; the schedule of the execution that showed the livelock is kept.
 */
export class LivelockProbe {
  readonly #program: Program
  readonly #model: MemoryModel
  #machine: Machine | undefined
  readonly #probed = new Map<string, number>()
  /** States (with the actor whose turn it is) from which all actors ended: from there on the result is known. */
  readonly #ending = new Fingerprints()
  readonly #passed: number[] = []
  schedule: readonly number[] = []

  constructor(program: Program, model: MemoryModel = 'sc') {
    this.#program = program
    this.#model = model
  }

  /** In the machine's last step, a loop was told to give up. */
  loops(gaveUp: Machine): boolean {
    const last = gaveUp.depth - 1
    const place = `${gaveUp.actorAt(last)} ${gaveUp.nodeAt(last)} ${ableOf(gaveUp)}`
    const probes = this.#probed.get(place) ?? 0
    if (probes >= PROBES) return false
    this.#probed.set(place, probes + 1)
    this.#machine ??= new Machine(this.#program, { patience: FOR_EVER, memory: this.#model })
    const isEndless = this.#isEndless(gaveUp, this.#machine)
    // It runs actors too, in the same slice of work.
    gaveUp.isBreathDue ||= this.#machine.isBreathDue
    this.#machine.isBreathDue = false
    return isEndless
  }

  #isEndless(gaveUp: Machine, machine: Machine): boolean {
    if (!this.#follow(gaveUp, machine)) return false
    this.#passed.length = 0
    const until = machine.depth + LONGEST
    if (this.#goesRound(machine, until)) return true
    if (machine.depth >= until) return false
    for (let at = 0; at < this.#passed.length; at += 2) this.#ending.find(this.#passed[at]!, this.#passed[at + 1]!)
    return false
  }

  /** Goes the way of that machine, from where it leaves the way that was probed before. */
  #follow(gaveUp: Machine, machine: Machine): boolean {
    let same = 0
    while (same < gaveUp.depth && same < machine.depth && gaveUp.actorAt(same) === machine.actorAt(same)) same += 1
    machine.backTo(same)
    for (let depth = same; depth < gaveUp.depth; depth += 1) {
      const stepper = gaveUp.actorAt(depth)
      // The actor gave up earlier and continued: that execution was probed from its own place.
      if (!machine.canStep(stepper)) return false
      machine.step(stepper)
    }
    return true
  }

  #goesRound(machine: Machine, until: number): boolean {
    const { buffer, byteOffset, byteLength } = machine.memory
    const memory = Buffer.from(buffer, byteOffset, byteLength)
    let before: Buffer | undefined
    let rounds = 0
    for (let turn = 0; machine.depth < until; turn += 1) {
      const able = mustStep(machine)
      if (able === 0) return false
      const stepper = turn % machine.steppers
      if ((able & (1 << stepper)) === 0) continue
      if (this.#isKnownToEnd(machine, stepper)) return false
      // A value that the hardware may read too early is not read forever.
      machine.step(stepper < machine.actors ? newestFirst(machine, stepper) : stepper)
      if (machine.signals === 0) continue
      const isSame = before !== undefined && memory.equals(before)
      rounds = able === 1 << stepper && isSame ? rounds + 1 : 0
      before = Buffer.from(memory)
      if (rounds < ROUNDS) continue
      this.schedule = machine.schedule()
      return true
    }
    return false
  }

  #isKnownToEnd(machine: Machine, stepper: number): boolean {
    const low = machine.hashLow ^ mixLow(TURN, stepper)
    const high = machine.hashHigh ^ mixHigh(TURN, stepper)
    if (this.#ending.has(low, high)) return true
    this.#passed.push(low, high)
    return false
  }
}

/** Above all words and nodes, so that turns and words never mix alike. */
const TURN = 0x7000_0000

/** The steppers that can step, without those that never need to. */
function mustStep(machine: Machine): number {
  let able = ableOf(machine)
  for (let stepper = machine.actors; stepper < machine.steppers; stepper += 1) {
    if (isOptional(machine, stepper)) able &= ~(1 << stepper)
  }
  return able
}

/** The stepper with which the next instruction of an actor reads the newest value: the actor itself, unless it would read an older one. */
function newestFirst({ weak, behaviours, nodes }: Machine, actor: number): number {
  if (weak === undefined || weak.olderEntry(actor) < 0) return actor
  return behaviours[actor]!.kind.at[nodes[actor]!] === READ ? actor : weak.renewalId(actor)
}

/** Whether a step may be omitted forever: a compiler may keep a plainly loaded value. */
const isOptional = (machine: Machine, stepper: number): boolean =>
  !machine.weak!.isLane(stepper) && machine.codeOf(machine.actorOf(stepper)) === READ
