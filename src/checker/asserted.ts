import { ActorRun } from './actor-run.ts'
import { CheckedCpu, type Observer } from './checked-cpu.ts'
import { START } from './graph.ts'
import { Machine } from './machine.ts'
import type { Program } from './program.ts'
import { Refused } from './refused.ts'
import { ableOf } from './search.ts'
import type { Watch } from './watch.ts'
import { Words } from './words.ts'
import { xorshift } from './xorshift.ts'

const RUNS = 400
const LONGEST = 300
/** An actor is wrong about its own data, and found nothing out. */
const NO_FINDINGS = [TypeError, RangeError, ReferenceError, SyntaxError]

/**
 * Whether any actor would report anything, for any content of memory. Each actor runs alone on random answers, and on the answers
 * of an execution with one of them changed. If no actor would ever report anything, the exploration only shows that all end.
 */
export function isAnythingReported(program: Program, watch: Watch): boolean {
  const random = xorshift(1)
  const words = new Words(program.place)
  return program.actors.some((actor, id) => {
    const usual = watch(() => usualAnswers(program, id))
    for (let run = 0; run < RUNS; run += 1) {
      const changed = random() % Math.max(usual.length, 1)
      const isDrawn = run % 2 === 0
      const answer = (step: number) =>
        isDrawn || step === changed || step >= usual.length ? drawn(random) : usual[step]!
      const observer = new Reporter(() => drawn(random))
      if (watch(() => reports(new CheckedCpu(id, observer, words, 2, false), observer, actor, answer))) return true
    }
    return false
  })
}

/** The answers that the actor gets in an execution in which all step in turn. */
function usualAnswers(program: Program, actor: number): number[] {
  const machine = new Machine(program, { patience: 1, isTree: true })
  for (let turn = 0; turn < LONGEST * machine.actors && ableOf(machine) !== 0; turn += 1) {
    if (machine.canStep(turn % machine.actors)) machine.step(turn % machine.actors)
  }
  const { kind, answer } = machine.behaviours[actor]!
  const path = machine.behaviours[actor]!.pathTo(machine.nodes[actor]!)
  return path.slice(1).flatMap((node, at) => (kind.at[path[at]!]! < START ? [answer.at[node]!] : []))
}

function reports(
  cpu: CheckedCpu,
  observer: Reporter,
  actor: Program['actors'][number],
  answer: (step: number) => number,
) {
  try {
    const run = new ActorRun(actor, cpu)
    for (let step = -1; step < LONGEST && !observer.hasReported; step += 1) {
      const stand = run.resume(step < 0 ? 0 : answer(step))
      if (stand.kind === 'ended') break
      if (stand.kind === 'threw') return !NO_FINDINGS.some((kind) => stand.error instanceof kind)
    }
    return observer.hasReported
  } catch (error) {
    // It looked for a word where there is none: the answers were not to be expected.
    if (error instanceof Refused) return false
    throw error
  }
}

const SMALL = [0, 1, 2, 3, -1]
const drawn = (random: () => number): number => (random() % 8 === 0 ? random() | 0 : SMALL[random() % SMALL.length]!)

class Reporter implements Observer {
  hasReported = false
  readonly #peek: () => number

  constructor(peek: () => number) {
    this.#peek = peek
  }

  peek = (): number => this.#peek()
  violation = (): void => {
    this.hasReported = true
  }
  poke = (): void => {}
  count = (): void => {}
  asked = (): void => {}
  acquired = (): void => {}
  releasing = (): void => {}
  readonly given = 0
  asks = (): boolean => false
}
