import { isRead } from './instructions.ts'
import type { Machine } from './machine.ts'

/** Loads of the same in a row that are no coincidence. */
const MANY = 50

/** The actors that load the same word again and again in an execution that was too long: a wait that does not say that it is one. */
export function spinsIn(machine: Machine, schedule: readonly number[]): string[] {
  machine.backTo(0)
  const found = new Map<string, number>()
  const last = new Map<number, string>()
  for (const stepper of schedule) {
    const actor = machine.actorOf(stepper)
    const { kind, word } = machine.behaviours[actor]!
    const node = machine.nodes[actor]!
    machine.step(stepper)
    if (stepper !== actor || !isRead(kind.at[node]!)) continue
    const name = machine.program.actors[actor]!.name
    const what = `${name} finds ${machine.answer} in ${machine.program.place.nameOf(word.at[node]! as never)}`
    found.set(what, last.get(actor) === what ? (found.get(what) ?? 1) + 1 : 1)
    last.set(actor, what)
  }
  machine.backTo(0)
  return [...found].filter(([, times]) => times >= MANY).map(([what, times]) => `${what} ${times} times in a row`)
}
