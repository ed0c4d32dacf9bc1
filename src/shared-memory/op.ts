import type { ChangeOrder, Word } from './cpu.ts'

/** The kind of a step, named after the instructions of `Cpu`. */
export type OpKind =
  | 'read'
  | 'write'
  | 'load'
  | 'store'
  | 'add'
  | 'sub'
  | 'and'
  | 'or'
  | 'xchg'
  | 'cas'
  | 'barrier'
  | 'untilEqual'
  | 'untilClear'
  | 'park'
  | 'unpark'
  | 'pause'
  | 'work'
  | 'broadcast'
  | 'untilTime'

/** One step, as a stepped machine sees it before it is carried out. Each CPU owns one and refills it for each step. */
export interface Op {
  readonly kind: OpKind
  /** The word it touches; -1 for `barrier`, `pause`, `work`, `broadcast` and `untilTime`. */
  readonly word: Word
  /** Value, operand, mask or expected value; the kind of `work`, `broadcast` and `barrier`; the time of `untilTime`. */
  readonly a: number
  /** New value of `cas`; units of `work` and `broadcast`; number to wake of `unpark`. */
  readonly b: number
  /** The memory order of a read-modify-write, in the checker only. */
  readonly order?: ChangeOrder
}
