import { WMB } from '../../shared-memory/cpu.ts'
import type { Behaviour } from '../behaviour.ts'
import { BARRIER, CAS, isRead, UNTIL_CLEAR, valueAfter } from '../instructions.ts'
import { isStored, mayFindOlder } from './order.ts'
import type { WeakMemory } from './weak-memory.ts'

/**
 * Carries out an instruction where stores are delayed and loads satisfied early, and returns its answer; undefined if that makes no
 * difference to it.
 */
export function carryOutWeakly(
  weak: WeakMemory,
  actor: number,
  behaviour: Behaviour,
  node: number,
): number | undefined {
  const code = behaviour.kind.at[node]!
  const word = behaviour.word.at[node]!
  weak.order(actor, node)
  if (isRead(code)) return weak.load(actor, node)
  if (isStored(behaviour, node)) {
    weak.store(actor, node)
    return 0
  }
  if (code === UNTIL_CLEAR) return behaviour.isBlind(node) ? 0 : weak.seenBy(actor, word)
  if (code === BARRIER) {
    if (behaviour.a.at[node] === WMB) weak.mark(actor)
    return 0
  }
  if (code > CAS) return undefined
  if (mayFindOlder(behaviour, node, weak.model)) return weak.exchange(actor, node)
  const was = weak.newest(word)
  weak.commit(actor, word, valueAfter(code, was, behaviour.a.at[node]!, behaviour.b.at[node]!))
  return behaviour.isBlind(node) ? 0 : was
}
