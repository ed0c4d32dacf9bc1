import { createHash } from 'node:crypto'
import { Machine } from './machine.ts'
import type { Finding, Program } from './program.ts'
import { Refused } from './refused.ts'
import { parseSchedule, type Schedule } from './schedule.ts'
import { play } from './witness.ts'
import { witnessText } from './witness-text.ts'

/** One step of an execution. */
export type Step = {
  readonly actor: string
  /** `load`, `store`, `cas`, ...; `becomes visible` is a store that leaves its CPU. */
  readonly instruction: string
  /** The name of the word; none of a pause or a barrier. */
  readonly word: string | null
  /** The value of the word before and after. */
  readonly before: number | null
  readonly after: number | null
  /** The function that takes the step, if the module is traced. */
  readonly in: string | null
  /** In words. */
  readonly says: string
}

export type Replay = {
  readonly steps: readonly Step[]
  readonly findings: readonly Finding[]
  /** The memory at the end, by the names of its words. */
  readonly memory: Readonly<Record<string, number>>
  /** The return values of the actors that ended, by name. */
  readonly results: Readonly<Record<string, unknown>>
  /** The execution, one column an actor. */
  readonly witness: string
}

type Played = Pick<Schedule, 'patience' | 'memory' | 'steppers'>

/** Plays a schedule from the start. */
export function replayOf(program: Program, { patience, memory, steppers }: Played): Replay {
  const machine = new Machine(program, { patience, memory })
  const played = play(machine, steppers)
  if (played.refused > 0) {
    const step = steppers.length - played.refused + 1
    throw new Refused(
      `the schedule does not fit: its step ${step} cannot be taken`,
      'It is of something else, or of another memory.',
    )
  }
  const names = program.actors.map(({ name }) => name)
  const results = machine.results()
  return {
    steps: played.lines.map((line) => ({
      actor: names[line.actor]!,
      instruction: line.instruction,
      word: line.word < 0 ? null : program.place.nameOf(line.word as never),
      before: line.word < 0 ? null : line.before,
      after: line.word < 0 ? null : line.after,
      in: line.site === '' ? null : line.site,
      says: line.text,
    })),
    findings: played.findings,
    memory: memoryOf(program, machine.memory),
    results: Object.fromEntries(
      names.flatMap((name, actor) => (machine.hasEnded(actor) ? [[name, results[actor]]] : [])),
    ),
    witness: witnessText(program, played),
  }
}

function memoryOf({ place }: Program, memory: Int32Array): Readonly<Record<string, number>> {
  const words = place.entries.flatMap(({ word, words: count }) => Array.from({ length: count }, (_, at) => word + at))
  return Object.fromEntries(words.map((word) => [place.nameOf(word as never), memory[word]!]))
}

/** Identifies the program of a schedule, as far as it is visible: the actors, the layout and the initial memory. */
export function definitionOfProgram({ place, actors, memory }: Program): string {
  const parts = [
    actors.map(({ name }) => name),
    place.entries.map(({ name, word, words }) => [name, word, words]),
    [...memory],
  ]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 8)
}

export function readSchedule(program: Program, text: string): Schedule {
  const schedule = parseSchedule(text)
  if (typeof schedule === 'string') throw new Refused(schedule, 'It is the `replay` of an answer.')
  const definition = definitionOfProgram(program)
  if (schedule.definition === definition) return schedule
  throw new Refused(
    `the schedule is of ${schedule.definition}, and this is ${definition}`,
    'The actors, the words or the memory at first are others now: explore again.',
  )
}
