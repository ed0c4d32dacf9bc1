// Users' programs that the checker refuses, for the tests of its messages.
import assert from 'node:assert/strict'
import type { Cpu, Word } from '../shared-memory/cpu.ts'
import type { Place } from '../shared-memory/place.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { explore, Refused } from './index.ts'

export type Two = { readonly x: Word; readonly y: Word }
export type Act = (cpu: Cpu, words: Two) => Steps<unknown>

export const setup = (place: Place): Two => ({ x: place.line('x'), y: place.line('y') })
export const oracle = ({ subject, valueIn }: { subject: Two; valueIn: (word: Word) => number }) =>
  valueIn(subject.x) > 100 ? 'too many' : undefined

/** What a caller may write that our types do not check. */
export const loose = (value: unknown) => value as never

export function refused(why: RegExp, exploration: unknown): void {
  assert.throws(
    () => explore(loose(exploration)),
    (error) => {
      assert.ok(error instanceof Refused, String(error))
      assert.match(error.message, why)
      return true
    },
  )
}

export function* adds(cpu: Cpu, { x }: Two): Steps<void> {
  yield* cpu.add(x, 1)
}

export const twice = (act: unknown): unknown => ({ setup, actors: { left: act, right: act }, oracle })
