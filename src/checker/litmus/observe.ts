import { FaultlineError } from '../../errors/faultline-error.ts'
import type { Word } from '../../shared-memory/cpu.ts'
import { Place } from '../../shared-memory/place.ts'
import { Exhaustion } from '../exhaust.ts'
import { reductionOf } from '../exploring.ts'
import { LIMITS } from '../limits.ts'
import { Machine } from '../machine.ts'
import type { MemoryModel } from '../memory/model.ts'
import type { Program } from '../program.ts'
import { play } from '../witness.ts'
import { witnessText } from '../witness-text.ts'
import { addressOf, nameAt, runProcess, type Words } from './interpret.ts'
import type { Condition, LitmusTest, Value } from './test.ts'

/** The result of a litmus test with one memory model. */
export type Observed = {
  readonly memory: MemoryModel
  /** Every way in which it ends, as herd writes it; `isPositive`: the condition holds. */
  readonly outcomes: readonly { readonly text: string; readonly isPositive: boolean }[]
  readonly observation: 'Never' | 'Sometimes' | 'Always'
  /** Whether the claim of the test holds. */
  readonly isOk: boolean
  /** An execution that satisfies the condition. */
  readonly witness: string | null
  readonly states: number
}

type End = {
  readonly registers: readonly Readonly<Record<string, number>>[]
  readonly valueOf: (name: string) => number
}

/** Explores every execution of a litmus test. */
export function observe(test: LitmusTest, memory: MemoryModel): Observed {
  const { program, words } = programOfTest(test)
  const outcomes = new Map<string, boolean>()
  let positive: readonly number[] | undefined
  let machine: Machine | undefined
  const atRest: Program['atRest'] = (at, results) => {
    const registers = results as End['registers']
    const end: End = { registers, valueOf: (name) => at[words.get(name)!]! }
    const isPositive = holds(test.condition, end, words)
    outcomes.set(outcomeText(test, end, words), isPositive)
    if (isPositive) positive ??= machine?.schedule()
    return []
  }
  machine = new Machine({ ...program, atRest }, { patience: 1, memory })
  const bounds = { depth: LIMITS.depth, states: LIMITS.states, isOver: () => false }
  const search = new Exhaustion(machine, bounds, reductionOf(machine))
  const outcome = search.run()
  if (outcome.verdict !== 'PASS') {
    const why = outcome.verdict === 'FAIL' ? outcome.findings.map(({ says }) => says).join('; ') : outcome.because
    throw new FaultlineError('LITMUS_ENDS_EARLY', 'usage', `${test.name} does not end with ${memory}: ${why}`, {
      hint: 'A test must take each lock that it releases, dereference addresses only, and end for every value that it reads.',
    })
  }
  const all = [...outcomes]
    .map(([text, isPositive]) => ({ text, isPositive }))
    .sort((a, b) => (a.text < b.text ? -1 : 1))
  const hits = all.filter(({ isPositive }) => isPositive).length
  const observation = hits === 0 ? 'Never' : hits === all.length ? 'Always' : 'Sometimes'
  return {
    memory,
    outcomes: all,
    observation,
    isOk: test.quantifier === 'exists' ? hits > 0 : test.quantifier === 'forall' ? hits === all.length : hits === 0,
    witness:
      positive === undefined
        ? null
        : witnessText(program, play(new Machine(program, { patience: 1, memory }), positive)),
    states: search.counts.states,
  }
}

function programOfTest({ variables, processes }: LitmusTest): { program: Program; words: Words } {
  const place = new Place()
  const words = new Map<string, Word>([...variables.keys()].map((name) => [name, place.line(name)]))
  const memory = new Int32Array(place.words)
  for (const [name, value] of variables) memory[words.get(name)!] = numberOf(value, words)
  const program: Program = {
    place,
    memory,
    actors: processes.map((process) => ({ name: process.name, start: (cpu) => runProcess(cpu, words, process) })),
    findingOf: (_, value) => ({ name: 'violation', says: 'a process reported one', value }),
    atRest: () => [],
    required: [],
  }
  return { program, words }
}

const numberOf = (value: Value, words: Words): number =>
  'number' in value ? value.number : addressOf(words, value.address)

function holds(condition: Condition, end: End, words: Words): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.parts.every((part) => holds(part, end, words))
    case 'or':
      return condition.parts.some((part) => holds(part, end, words))
    case 'not':
      return !holds(condition.part, end, words)
    case 'constant':
      return condition.value
    case 'equals': {
      const { process, name, value } = condition
      const found = process === undefined ? end.valueOf(name) : (end.registers[process]![name] ?? 0)
      return found === numberOf(value, words)
    }
  }
}

/** The values that the condition uses, as herd writes a state: `1:r0=1; 1:r1=0;`. */
function outcomeText({ condition }: LitmusTest, end: End, words: Words): string {
  const asked = [...new Map(askedIn(condition).map((one) => [`${one.process ?? ''}:${one.name}`, one])).values()]
  return asked
    .map(({ process, name }) => {
      const value = process === undefined ? end.valueOf(name) : (end.registers[process]![name] ?? 0)
      return `${process === undefined ? name : `${process}:${name}`}=${nameAt(words, value) ?? value};`
    })
    .sort()
    .join(' ')
}

function askedIn(condition: Condition): (Condition & { readonly kind: 'equals' })[] {
  if (condition.kind === 'equals') return [condition]
  if (condition.kind === 'not') return askedIn(condition.part)
  return 'parts' in condition ? condition.parts.flatMap(askedIn) : []
}
