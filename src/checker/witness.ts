import { ACQUIRED, type Behaviour, RELEASING, START } from './behaviour.ts'
import { ableOf, DEADLOCK } from './exhaust.ts'
import { CAS, INSTRUCTIONS, PAUSE, STORE, UNTIL_EQUAL, WRITE } from './instructions.ts'
import type { Machine } from './machine.ts'
import type { Finding } from './program.ts'

/** One step of an execution, in words. */
export type Line = {
  readonly actor: number
  /** The function of the protocol that takes it. */
  readonly site: string
  readonly word: number
  readonly text: string
  /** Whether it changed the word. */
  readonly wrote: boolean
  /** It looked at a word, and may have to wait for it. */
  readonly waited: boolean
}

export type Played = {
  readonly lines: readonly Line[]
  readonly findings: readonly Finding[]
  /** For each actor that has not ended: what it stands before, and the locks it holds. */
  readonly stuck: readonly string[]
  /** Steps of the schedule that could not be taken; 0 if it fits. */
  readonly refused: number
}

/** Plays a schedule from the start, and tells what happens. */
export function play(machine: Machine, schedule: readonly number[]): Played {
  machine.backTo(0)
  const lines: Line[] = []
  const held = machine.behaviours.map(() => new Map<string, number>())
  const findings: Finding[] = []
  for (const [index, actor] of schedule.entries()) {
    if (actor >= machine.actors || !machine.canStep(actor)) {
      return { lines, findings, stuck: [], refused: schedule.length - index }
    }
    const node = machine.nodes[actor]!
    const word = machine.behaviours[actor]!.word.at[node]!
    const was = machine.memory[word] ?? 0
    machine.step(actor)
    lines.push(lineOf(machine, actor, node, was))
    noteLocks(machine, machine.behaviours[actor]!, node, machine.nodes[actor]!, held[actor]!)
    findings.push(...machine.findings(actor))
  }
  const isOver = ableOf(machine) === 0
  if (isOver) findings.push(...(machine.haveAllEnded ? machine.findingsAtRest() : [DEADLOCK]))
  return { lines, findings, stuck: isOver ? stuckIn(machine, held) : [], refused: 0 }
}

function lineOf(machine: Machine, actor: number, node: number, was: number): Line {
  const { kind, word: words, a, b, sites } = machine.behaviours[actor]!
  const code = kind.at[node]!
  const word = words.at[node]!
  const now = machine.memory[word] ?? 0
  const name = word < 0 ? '' : ` ${machine.program.place.nameOf(word as never)}`
  const value =
    code === PAUSE
      ? ''
      : code === WRITE || code === STORE
        ? ` = ${number(now)}`
        : code === CAS && was !== a.at[node]
          ? ` fails: ${number(was)}, not ${number(a.at[node]!)}`
          : was === now
            ? ` is ${number(was)}`
            : ` ${number(was)} -> ${number(code === CAS ? b.at[node]! : now)}`
  return {
    actor,
    site: sites.get(node) ?? '',
    word,
    text: `${INSTRUCTIONS[code]}${name}${value}`,
    wrote: was !== now,
    waited: code >= UNTIL_EQUAL,
  }
}

const number = (value: number) => (Math.abs(value) < 256 ? `${value}` : `0x${(value >>> 0).toString(16)}`)

/** Follows what lies between two instructions: locks that were taken, or are about to be let go. */
function noteLocks(machine: Machine, behaviour: Behaviour, from: number, to: number, held: Map<string, number>): void {
  const path = behaviour.between(from, to)
  for (const node of path) {
    const kind = behaviour.kind.at[node]!
    if (kind !== ACQUIRED && kind !== RELEASING) continue
    const { name, kind: lock } = machine.program.place.locks[behaviour.a.at[node]!]!
    const side = lock.startsWith('rw') ? (behaviour.b.at[node] === 0 ? ' for read' : ' for write') : ''
    const key = `${name}${side}`
    held.set(key, (held.get(key) ?? 0) + (kind === ACQUIRED ? 1 : -1))
  }
}

function stuckIn(machine: Machine, held: readonly ReadonlyMap<string, number>[]): string[] {
  return machine.program.actors.flatMap(({ name }, actor) => {
    if (machine.codeOf(actor) >= START) return []
    const { kind, word, a, sites } = machine.behaviours[actor]!
    const node = machine.nodes[actor]!
    const holds = [...held[actor]!].filter(([, count]) => count > 0).map(([lock]) => lock)
    const at = word.at[node]!
    const what = at < 0 ? 'a change' : `${machine.program.place.nameOf(at as never)} (${machine.memory[at]})`
    const until = kind.at[node] === UNTIL_EQUAL ? ` to be ${number(a.at[node]!)}` : ''
    return `${name} holds ${holds.join(', ') || 'nothing'} and waits${sites.get(node) ? ` in ${sites.get(node)}()` : ''} for ${what}${until}`
  })
}
