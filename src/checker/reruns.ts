import { isDeepStrictEqual } from 'node:util'
import { stepText } from './differs.ts'
import { PAUSE } from './instructions.ts'
import { Machine } from './machine.ts'
import type { BehaviourOptions, Finding, Program } from './program.ts'
import { Refused } from './refused.ts'

/** Options for an execution that ignores all others: nothing is skipped because another path reached the same state. */
const ALONE = { isTree: true, stopsAtPauses: true } as const

/**
 * Runs some executions of an exploration a second time (the first, the fourth, the sixteenth and so on) and compares:
 * the same schedule must give the same steps, memory, results and findings. Then each actor is run again with the same
 * answers: alone, alternating with the others, and after aborted runs. An actor with any other input behaves differently
 * in one of these.
 */
export class Reruns {
  readonly #program: Program
  readonly #options: BehaviourOptions
  readonly #growth: number
  #executions = 0
  #next = 1
  /** The first and the last execution that were compared. */
  readonly compared: (readonly number[])[] = []

  /** `growth`: the factor by which the distance to the next compared execution grows. */
  constructor(program: Program, options: BehaviourOptions, growth: number) {
    this.#program = program
    this.#options = options
    this.#growth = growth
  }

  /** The machine is at the end of an execution. */
  ended(machine: Machine): void {
    this.#executions += 1
    if (this.#executions < this.#next) return
    this.#next *= this.#growth
    this.compare(machine)
  }

  /** Compares the way to where the machine is with another run of it. */
  compare(machine: Machine): void {
    const stated = machine.haveAllEnded ? machine.findingsAtRest() : []
    const again = new Machine(this.#program, { ...this.#options, ...ALONE })
    const ways = nodesByActor(machine)
    for (const actor of ways.keys()) passPauses(again, actor, machine, ways)
    for (const [depth, stepper] of machine.schedule().entries()) {
      const actor = machine.actorOf(stepper)
      if (!again.canStep(stepper)) this.#differs(actor, 'cannot step', machine, machine.nodeAt(depth))
      if (stepper === actor) this.#compareStep(machine, machine.nodeAt(depth), again, actor)
      again.step(stepper)
      if (stepper !== actor) continue
      ways[actor]!.pop()
      passPauses(again, actor, machine, ways)
    }
    this.compared[Math.min(this.compared.length, 1)] = again.schedule()
    const words = this.#program.memory.length
    const changed = again.memory.findIndex((value, word) => word < words && value !== machine.memory[word])
    if (changed >= 0) {
      const name = this.#program.place.nameOf(changed as never)
      throw different(`${name} was ${machine.memory[changed]} at its end, and ${again.memory[changed]} the second time`)
    }
    if (!isDeepStrictEqual(again.results(), machine.results())) throw different('the actors returned something else')
    if (machine.haveAllEnded) compareSaid(stated, again.findingsAtRest())
    rerunActors(again)
    if (machine.haveAllEnded) compareSaid(stated, machine.findingsAtRest())
  }

  #compareStep(machine: Machine, node: number, again: Machine, actor: number): void {
    const before = machine.behaviours[actor]!
    const now = again.behaviours[actor]!
    const at = again.nodes[actor]!
    const isSame = (['kind', 'word', 'a', 'b'] as const).every((part) => before[part].at[node] === now[part].at[at])
    if (isSame) return
    const nameOf = (word: number) => this.#program.place.nameOf(word as never)
    this.#differs(actor, stepText(now.kind.at[at]!, now.word.at[at]!, now.a.at[at]!, nameOf), machine, node)
  }

  #differs(actor: number, now: string, machine: Machine, node: number): never {
    const { kind, word, a } = machine.behaviours[actor]!
    const nameOf = (at: number) => this.#program.place.nameOf(at as never)
    const before = stepText(kind.at[node]!, word.at[node]!, a.at[node]!, nameOf)
    throw different(`actor '${this.#program.actors[actor]!.name}' reached '${now}' instead of '${before}'`)
  }
}

/** By actor, the nodes on the path to the machine's current state, the last first. */
const nodesByActor = (machine: Machine): number[][] => {
  const ways = machine.behaviours.map((_, actor) => [machine.nodes[actor]!])
  for (const [depth, stepper] of machine.schedule().entries()) {
    if (stepper < ways.length) ways[stepper]!.push(machine.nodeAt(depth))
  }
  return ways.map(([last, ...taken]) => [last!, ...taken.reverse()])
}

/** A pause that waited for nothing was no step where ways had met, and is one here. */
function passPauses(again: Machine, actor: number, machine: Machine, ways: readonly (readonly number[])[]): void {
  const { kind } = machine.behaviours[actor]!
  if (kind.at[ways[actor]!.at(-1)!] === PAUSE) return
  while (again.codeOf(actor) === PAUSE) again.step(actor)
}

/**
 * Compares with the actors of a freshly loaded module, run in the other order: a permanent change by the first actor to
 * run, such as a variable that is set once, is then made by another actor.
 */
export function compareWithFresh(
  program: Program,
  fresh: Program,
  options: BehaviourOptions,
  schedules: readonly (readonly number[])[],
): void {
  for (const schedule of schedules) {
    const machine = new Machine(program, { ...options, ...ALONE })
    for (const stepper of schedule) machine.step(stepper)
    for (let actor = machine.actors - 1; actor >= 0; actor -= 1) {
      finish(machine.behaviours[actor]!.again(machine.nodes[actor]!, fresh.actors[actor]))
    }
  }
}

/** Runs each actor again with the same answers, in several orders, because hidden sharing shows in one of them. */
function rerunActors({ behaviours, nodes }: Machine): void {
  const start = (actor: number) => behaviours[actor]!.again(nodes[actor]!)
  const all = behaviours.map((_, actor) => actor)
  for (const actor of all.toReversed()) finish(start(actor))
  const halfway = all.map(start)
  for (const run of halfway) for (let turn = 0; turn < 3; turn += 1) run.next()
  const inTurn = all.map(start)
  while (inTurn.map((run) => run.next().done).includes(false));
}

const finish = (run: Generator<void, void>) => {
  while (!run.next().done);
}

function compareSaid(before: readonly Finding[], now: readonly Finding[]): void {
  if (isDeepStrictEqual(before, now)) return
  const text = (findings: readonly Finding[]) => findings.map(({ says }) => `'${says}'`).join(', ') || 'nothing'
  throw different(`the oracle returned ${text(before)}, and then ${text(now)} for the same memory and results`)
}

const different = (what: string) =>
  new Refused(
    `the same schedule, run twice, gave different results: ${what}`,
    'Something depends on more than the schedule: a variable outside of the shared memory, a clock, randomness, or state that an earlier run left behind.',
  )
