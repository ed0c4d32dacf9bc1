import { MB, WMB } from '../../shared-memory/cpu.ts'
import { BARRIER, CAS, INSTRUCTIONS, isRead, isReadModifyWrite, READ, WRITE } from '../instructions.ts'
import { type Line, lineOf, number } from '../line.ts'
import type { Machine } from '../machine.ts'
import { isAcquire, isRelease, isStored } from './order.ts'

/** Takes the step of a store or a load, and records it; a store is recorded with the function that issued it. */
export function stepOfMemory(machine: Machine, stepper: number, site: string): Line[] {
  const weak = machine.weak!
  const actor = machine.actorOf(stepper)
  if (!weak.isLane(stepper)) {
    // Told by the load that follows.
    machine.step(stepper)
    return []
  }
  const entry = weak.entryOf(stepper)
  const word = weak.buffers[actor]!.wordOf(entry)
  const was = machine.memory[word]!
  const value = weak.buffers[actor]!.valueAfter(entry, was)
  machine.step(stepper)
  const text = `store ${nameOf(machine, word)} = ${number(value)} becomes visible`
  return [
    {
      actor,
      site,
      word,
      instruction: 'becomes visible',
      before: was,
      after: value,
      text,
      wrote: was !== value,
      waited: false,
    },
  ]
}

/** The step of an actor, after it was taken, where stores are delayed and loads may find older values. */
export function weakLineOf(machine: Machine, actor: number, node: number, was: number): Line {
  const behaviour = machine.behaviours[actor]!
  const code = behaviour.kind.at[node]!
  const word = behaviour.word.at[node]!
  const line = lineOf(machine, actor, node, was)
  if (code === BARRIER) {
    const kind = behaviour.a.at[node]
    return { ...line, text: kind === MB ? 'smp_mb' : kind === WMB ? 'smp_wmb' : 'smp_rmb', waited: false }
  }
  if (isStored(behaviour, node)) {
    const what = code === WRITE ? 'write' : isRelease(behaviour, node) ? 'store release' : 'store'
    const value = number(behaviour.a.at[node]!)
    const text = isReadModifyWrite(code)
      ? `${what} to a part of ${nameOf(machine, word)} (${INSTRUCTIONS[code]} ${value}), not yet visible`
      : `${what} ${nameOf(machine, word)} = ${value}, not yet visible`
    return { ...line, text, wrote: true }
  }
  if (code === CAS && machine.answer !== was) {
    const value = `${number(machine.answer)}, not ${number(behaviour.a.at[node]!)}, and ${number(was)} in memory`
    return { ...line, text: `cas ${nameOf(machine, word)} fails: ${value}` }
  }
  if (!isRead(code)) return line
  const what = code === READ ? 'read' : isAcquire(behaviour, node) ? 'load acquire' : 'load'
  const now = machine.memory[word]!
  const older = machine.answer === now ? '' : `, and ${number(now)} in memory`
  return { ...line, text: `${what} ${nameOf(machine, word)} is ${number(machine.answer)}${older}` }
}

const nameOf = (machine: Machine, word: number): string => machine.program.place.nameOf(word as never)
