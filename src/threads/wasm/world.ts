import type { Frame } from './frame.ts'
import type { Machine } from './operations.ts'
import type { Slots } from './slots.ts'
import type { Source } from './source.ts'
import type { Value } from './values.ts'

/** An error that compiled code throws. */
export type ThrownError = { readonly type: 'RangeError' | 'TypeError'; readonly text: string }

/** The module that a compiled function becomes part of. */
export type World = {
  readonly cpu: number
  readonly machine: Machine
  /** Where fields lie that change; without it no object may have such. */
  readonly slots: Slots | undefined
  /** The number by which the CPU knows an error. */
  readonly errorOf: (type: ThrownError['type'], text: string) => number
  /** Code that calls the function with these values, or the function itself, and the value of its result. */
  readonly invoke: (source: Source, self: unknown, args: readonly Value[], frame: Frame) => Value
}
