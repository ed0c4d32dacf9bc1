import type { Word } from '../shared-memory/cpu.ts'
import { lockCircles } from './lock-report.ts'
import { nxViolationsAtRest } from './nx/at-rest.ts'
import type { OracleName } from './oracles.ts'
import type { Vm } from './vm.ts'

/** The properties that are violated after all roles have ended, with the value that shows each violation. */
export function violationsAtRest(vm: Vm, words: Int32Array): { readonly oracle: OracleName; readonly value: number }[] {
  const active = words[vm.invalidateInProgress]! + words[vm.mnActiveInvalidateCount]!
  const references = vm.host.leakedReferences(words) - (vm.pinnedHostPage === undefined ? 0 : 1)
  const held = lockWords(vm).reduce((all, word) => all | words[word]!, 0)
  const waiter = words[vm.mnMemslotsUpdateRcuwait.task]!
  return [
    ...(active === 0 ? [] : [{ oracle: 'count_leak' as const, value: active }]),
    ...(references === 0 ? [] : [{ oracle: 'page_ref_leak' as const, value: references }]),
    ...(held === 0 ? [] : [{ oracle: 'lock_left_held' as const, value: held }]),
    ...(waiter === 0 ? [] : [{ oracle: 'waiter_left' as const, value: waiter - 1 }]),
    ...lockCircles(vm, words).map((circle) => ({ oracle: 'lock_cycle' as const, value: circle.length })),
    ...nxViolationsAtRest(vm, words),
    ...vm.neighbours.flatMap((neighbour) => violationsAtRest(neighbour, words)),
  ]
}

/** Words that are 0 while a lock is free. */
const lockWords = ({ mmuLockWord, updates }: Vm): readonly Word[] => [
  ...(mmuLockWord === undefined ? [] : [mmuLockWord]),
  ...(updates?.lockWords ?? []),
]
