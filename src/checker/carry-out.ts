import type { Behaviour } from './behaviour.ts'
import { CAS, PARK, PAUSE, STORE, UNPARK, UNTIL_CLEAR, UNTIL_EQUAL, valueAfter, WRITE } from './instructions.ts'
import type { Words } from './memory/store-buffer.ts'
import type { Sleepers } from './sleepers.ts'

/** The words, and how each actor sees them. */
interface Host extends Words {
  seenBy(actor: number, word: number): number
}

/** Whether an instruction that may have to wait need not. */
export function isReady(host: Host, sleepers: Sleepers, actor: number, behaviour: Behaviour, node: number): boolean {
  const word = behaviour.word.at[node]!
  const a = behaviour.a.at[node]!
  switch (behaviour.kind.at[node]) {
    case UNTIL_EQUAL:
      return host.seenBy(actor, word) === a
    case UNTIL_CLEAR:
      return (host.seenBy(actor, word) & a) === 0
    case PARK:
      return sleepers.isAwake(actor)
    case PAUSE:
      return seesChange(host, actor, behaviour.spins.get(node))
    default:
      return true
  }
}

/** Whether one of the words that a loop waits for has another value than the loop has seen. */
function seesChange(host: Host, actor: number, spin: Int32Array | undefined): boolean {
  if (spin === undefined) return true
  for (let at = 0; at < spin.length; at += 2) if (host.seenBy(actor, spin[at]!) !== spin[at + 1]) return true
  return false
}

/** Carries out an instruction on words that all actors see at once, and returns its answer: 0 if the actor does not look at it. */
export function carryOut(words: Words, sleepers: Sleepers, actor: number, behaviour: Behaviour, node: number): number {
  const code = behaviour.kind.at[node]!
  const word = behaviour.word.at[node]!
  if (code <= CAS) {
    const was = words.memory[word]!
    words.write(word, valueAfter(code, was, behaviour.a.at[node]!, behaviour.b.at[node]!))
    return code === WRITE || code === STORE || behaviour.isBlind(node) ? 0 : was
  }
  if (code === UNTIL_CLEAR) return behaviour.isBlind(node) ? 0 : words.memory[word]!
  if (code === PARK) return sleepers.park(actor, word, behaviour.a.at[node]!)
  if (code === UNPARK) sleepers.unpark(word, behaviour.b.at[node]!)
  return 0
}
