import { ADDS, READS, WRITES } from './futures.ts'
import { ADD, CAS, LOAD, PAUSE, READ, SUB, UNTIL_CLEAR, UNTIL_EQUAL } from './instructions.ts'
import type { Machine } from './machine.ts'
import { ableOf } from './search.ts'

/**
 * How many executions there are that differ in more than the order of steps that do not conflict (Mazurkiewicz traces), by
 * sleep sets alone (Godefroid, LNCS 1032, 1996), which visit each of them exactly once. No state is remembered and nothing is
 * learned: slow, and independent of the search that it is there to be compared with.
 */
export function countTraces(machine: Machine, onEnd: () => void = () => {}): number {
  let traces = 0
  const visit = (asleep: number) => {
    const able = ableOf(machine)
    if (able === 0) {
      traces += 1
      onEnd()
      return
    }
    let sleeping = asleep
    for (let actor = 0; actor < machine.actors; actor += 1) {
      if ((able & ~sleeping & (1 << actor)) === 0) continue
      let stillAsleep = 0
      for (let other = 0; other < machine.actors; other += 1) {
        const isAsleep = (sleeping & (1 << other)) !== 0
        if (isAsleep && !conflict(machine, actor, other)) stillAsleep |= 1 << other
      }
      machine.step(actor)
      visit(stillAsleep)
      machine.back()
      sleeping |= 1 << actor
    }
  }
  visit(0)
  return traces
}

/** Whether the next steps of two actors conflict. For programs without oracles: oracles look at more than one word. */
function conflict(machine: Machine, one: number, other: number): boolean {
  const wordOf = (actor: number) => machine.behaviours[actor]!.word.at[machine.nodes[actor]!]!
  if (wordOf(one) !== wordOf(other) || wordOf(one) < 0) return false
  const [a, b] = [classOf(machine, one), classOf(machine, other)]
  return a === WRITES || b === WRITES || a !== b
}

function classOf(machine: Machine, actor: number): number {
  const behaviour = machine.behaviours[actor]!
  const node = machine.nodes[actor]!
  const code = behaviour.kind.at[node]!
  if ([READ, LOAD, UNTIL_EQUAL, UNTIL_CLEAR, PAUSE].includes(code)) return READS
  if (code === CAS && machine.memory[behaviour.word.at[node]!] !== behaviour.a.at[node]) return READS
  return (code === ADD || code === SUB) && behaviour.isBlind(node) ? ADDS : WRITES
}
