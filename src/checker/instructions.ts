import type { OpKind } from '../shared-memory/op.ts'

/** The instructions that are visible to other CPUs, by number: a machine that takes millions of them compares no strings. */
export const INSTRUCTIONS = [
  'read',
  'write',
  'load',
  'store',
  'add',
  'sub',
  'and',
  'or',
  'xchg',
  'cas',
  'untilEqual',
  'untilClear',
  'park',
  'unpark',
  'pause',
  'barrier',
] as const satisfies readonly OpKind[]

export const [
  READ,
  WRITE,
  LOAD,
  STORE,
  ADD,
  SUB,
  AND,
  OR,
  XCHG,
  CAS,
  UNTIL_EQUAL,
  UNTIL_CLEAR,
  PARK,
  UNPARK,
  PAUSE,
  BARRIER,
] = INSTRUCTIONS.map((_, code) => code) as unknown as Readonly<CodesOf<typeof INSTRUCTIONS>>

type CodesOf<T extends readonly unknown[]> = { [I in keyof T]: number }

const CODES = new Map<OpKind, number>(INSTRUCTIONS.map((kind, code) => [kind, code]))
export const codeOf = (kind: OpKind): number => CODES.get(kind)!

export const isRead = (code: number): boolean => code === READ || code === LOAD
export const isReadModifyWrite = (code: number): boolean => code >= ADD && code <= CAS

/** The value after a write or a read-modify-write of a word that held `was`. */
export function valueAfter(code: number, was: number, a: number, b: number): number {
  switch (code) {
    case WRITE:
    case STORE:
    case XCHG:
      return a
    case ADD:
      return was + a
    case SUB:
      return was - a
    case AND:
      return was & a
    case OR:
      return was | a
    case CAS:
      return was === (a | 0) ? b : was
    default:
      return was
  }
}
