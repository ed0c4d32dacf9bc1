import type { Graph } from './graph.ts'
import { CAS, isRead, PAUSE } from './instructions.ts'
import { Refused } from './refused.ts'

const FIRST_EVENT = 32
/** Pauses of an actor that takes no step between them. */
const MOST_PAUSES = 10_000

/** One turn of a loop: the instructions since the last `pause`, the latest first, each with its answer. */
type Turn = { readonly steps: readonly (readonly number[])[]; readonly end: number }

/**
 * A loop around `pause` that has read the same values twice in a row is waiting: nothing changes until another actor
 * writes one of the words that it reads. So this `pause` is a wait for such a write, and the loop is not unrolled
 * further. Returns the words and the values read, as pairs; undefined if it is no such loop.
 */
export function spinAt(behaviour: Graph, pause: number): Int32Array | undefined {
  const turn = turnBefore(behaviour, pause)
  const before = turn && turnBefore(behaviour, turn.end)
  if (turn === undefined || before === undefined || turn.steps.length !== before.steps.length) return undefined
  const isSame = turn.steps.every((step, index) => step.every((part, at) => part === before.steps[index]![at]))
  if (!isSame || turn.steps.length === 0) return undefined
  return Int32Array.from(turn.steps.flatMap(([, word, , , answer]) => [word!, answer!]))
}

function turnBefore(behaviour: Graph, pause: number): Turn | undefined {
  const { kind, word, a, b, parent, answer } = behaviour
  const steps: number[][] = []
  for (let at = pause; ; ) {
    const got = answer.at[at]!
    at = parent.at[at]!
    if (at === -1) return undefined
    const code = kind.at[at]!
    if (code === PAUSE) return { steps, end: at }
    if (code >= FIRST_EVENT) continue
    const step = [code, word.at[at]!, a.at[at]!, b.at[at]!, got]
    if (!isRead(code) && !(code === CAS && got !== a.at[at])) return undefined
    steps.push(step)
  }
}

/** Refuses a loop that pauses forever and reads nothing. */
export function checkPauses(actor: string, pauses: number): void {
  if (pauses <= MOST_PAUSES) return
  throw new Refused(
    `actor '${actor}' pauses ${MOST_PAUSES} times and takes no step between`,
    'A waiting loop must read the word that it waits for: `while ((yield* cpu.load(word)) === 0) yield* cpu.pause()`.',
  )
}
