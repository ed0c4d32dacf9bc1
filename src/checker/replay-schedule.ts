import { COUNTERS } from '../protocols/counters.ts'
import type { Check } from './check.ts'
import { definitionOf } from './definition.ts'
import type { Line } from './line.ts'
import { Machine, memoryAtFirst } from './machine.ts'
import type { MemoryModel } from './memory/model.ts'
import type { Finding, Program } from './program.ts'
import { parseSchedule } from './schedule.ts'
import { type Instruction, play } from './witness.ts'
import { witnessText } from './witness-text.ts'

export type Replayed = {
  readonly text: string
  readonly findings: readonly Finding[]
  readonly program: Program
  /** The steps, in words. */
  readonly lines: readonly Line[]
  readonly patience: number
  readonly memoryModel: MemoryModel
  /** The instructions in execution order, the counters, and the memory at the end. */
  readonly order: readonly Instruction[]
  readonly counts: ReadonlyMap<number, number>
  readonly memory: Int32Array
  /** The same at the beginning. */
  readonly initial: Int32Array
}

/** Plays a schedule from its text; why it cannot be played, in a sentence, if it cannot. `asked`: what memory is to be like. */
export function replaySchedule(
  check: Check,
  variant: string,
  configuration: string,
  text: string,
  asked?: MemoryModel,
): Replayed | string {
  const schedule = parseSchedule(text)
  if (typeof schedule === 'string') return schedule
  const definition = definitionOf(check, variant, configuration)
  if (schedule.definition !== definition) {
    return `the schedule is of definition ${schedule.definition}, and ${variant} in ${configuration} is now ${definition}: the code, the variant or the configuration is another`
  }
  const { memory, patience, steppers } = schedule
  if (asked !== undefined && asked !== memory) {
    return `the schedule was made with ${memory} memory and cannot be replayed with ${asked}: its steps have a different meaning there`
  }
  const program = check.program(variant, configuration)
  const machine = new Machine(program, { patience, memory, counted: COUNTERS.map((_, counter) => counter) })
  // Not the machine's memory: its actors have already changed it before their first step.
  const initial = memoryAtFirst(program).slice()
  const played = play(machine, steppers)
  if (played.refused > 0)
    return `the schedule does not fit: its step ${steppers.length - played.refused + 1} cannot be taken`
  const says = played.findings.map(({ name, says: sentence }) => `${name}: ${sentence}`)
  const verdict = says.length === 0 ? ['Nothing was violated.'] : says
  return {
    text: [...(memory === 'sc' ? [] : [`memory: ${memory}`]), witnessText(program, played), '', ...verdict].join('\n'),
    findings: played.findings,
    program,
    lines: played.lines,
    patience,
    memoryModel: memory,
    initial,
    order: played.order,
    counts: played.counts,
    memory: machine.memory.slice(0, program.memory.length),
  }
}
