import type { Behaviour } from './behaviour.ts'
import { ACQUIRED, RELEASING, START } from './graph.ts'
import { INSTRUCTIONS, UNTIL_EQUAL } from './instructions.ts'
import { type Line, lineOf, number } from './line.ts'
import type { Machine } from './machine.ts'
import { stepOfMemory, weakLineOf } from './memory/weak-witness.ts'
import type { Finding } from './program.ts'
import { ableOf, DEADLOCK } from './search.ts'
import { partsOf } from './site.ts'

/** The instruction of an actor, and its word; -1: none. */
export type Instruction = { readonly actor: number; readonly kind: string; readonly word: number }

export type Played = {
  readonly lines: readonly Line[]
  /** The instructions in the order in which they were taken. */
  readonly order: readonly Instruction[]
  /** The counts, by counter, as far as the machine keeps them. */
  readonly counts: ReadonlyMap<number, number>
  readonly findings: readonly Finding[]
  /** For each actor that has not ended: its pending instruction, and the locks it holds. */
  readonly stuck: readonly string[]
  /** Steps of the schedule that could not be taken; 0 if it fits. */
  readonly refused: number
}

/** Replays a schedule from the start, and describes each step. */
export function play(machine: Machine, schedule: readonly number[]): Played {
  machine.backTo(0)
  const lines: Line[] = []
  const order: Instruction[] = []
  const counts = new Map<number, number>()
  const held = machine.behaviours.map(() => new Map<string, number>())
  const findings: Finding[] = [...machine.findingsAtFirst]
  const sites = machine.behaviours.map(() => '')
  if (machine.steps === 0) addCounts(machine, counts)
  for (const [index, stepper] of schedule.entries()) {
    if (stepper >= machine.steppers || !machine.canStep(stepper)) {
      return { lines, order, counts, findings, stuck: [], refused: schedule.length - index }
    }
    const actor = machine.actorOf(stepper)
    const node = machine.nodes[actor]!
    if (stepper !== actor) {
      lines.push(...stepOfMemory(machine, stepper, sites[actor]!))
      continue
    }
    const word = machine.behaviours[actor]!.word.at[node]!
    const was = machine.memory[word] ?? 0
    order.push({ actor, kind: INSTRUCTIONS[machine.behaviours[actor]!.kind.at[node]!]!, word })
    machine.step(stepper)
    const found = machine.findings(actor)
    const line = machine.weak === undefined ? lineOf(machine, actor, node, was) : weakLineOf(machine, actor, node, was)
    lines.push(found.length === 0 ? line : { ...line, found: found.map(({ name }) => name) })
    sites[actor] = lines.at(-1)!.site
    noteLocks(machine, machine.behaviours[actor]!, node, machine.nodes[actor]!, held[actor]!)
    addCounts(machine, counts)
    findings.push(...found)
  }
  const isOver = ableOf(machine) === 0
  if (isOver) findings.push(...(machine.haveAllEnded ? machine.findingsAtRest() : [DEADLOCK]))
  return { lines, order, counts, findings, stuck: isOver ? stuckIn(machine, held) : [], refused: 0 }
}

function addCounts({ tallied }: Machine, counts: Map<number, number>): void {
  for (let at = 0; at < tallied.length; at += 2) {
    counts.set(tallied[at]!, (counts.get(tallied[at]!) ?? 0) + tallied[at + 1]!)
  }
}

/** Tracks lock events between two instructions: locks that were taken, or are about to be released. */
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

/** In a function, and of a patch in which line of it. */
function placeText(place = ''): string {
  const { fn, place: at } = partsOf(place)
  if (fn === '') return ''
  return ` in ${fn}()${at === '' || at.includes('/') ? '' : ` at ${at}`}`
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
    return `${name} holds ${holds.join(', ') || 'nothing'} and waits${placeText(sites.get(node))} for ${what}${until}`
  })
}
