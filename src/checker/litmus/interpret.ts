import {
  ACQUIRE,
  type Cpu,
  FULL,
  MB,
  type Order,
  RELAXED,
  RELEASE,
  RMB,
  WMB,
  type Word,
} from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import type { Expression, Process, Statement } from './test.ts'

/** The words of the shared variables. */
export type Words = ReadonlyMap<string, Word>

/** Above all numbers that a test uses, so that an address cannot be confused with a number. */
const ADDRESSES = 0x4000_0000

export const addressOf = (words: Words, name: string): number => ADDRESSES + words.get(name)!

/** The name of the variable at an address, if the value is an address. */
export const nameAt = (words: Words, value: number): string | undefined =>
  [...words].find(([, word]) => ADDRESSES + word === value)?.[0]

type Registers = Map<string, number>

/** Runs a process of a litmus test: what its registers hold at the end. */
export function* runProcess(cpu: Cpu, words: Words, { body }: Process): Steps<Readonly<Record<string, number>>> {
  const registers: Registers = new Map()
  yield* runAll(cpu, words, registers, body)
  return Object.fromEntries(registers)
}

function* runAll(cpu: Cpu, words: Words, registers: Registers, body: readonly Statement[]): Steps<void> {
  for (const statement of body) {
    switch (statement.kind) {
      case 'assign': {
        const value = yield* evaluate(cpu, words, registers, statement.value)
        registers.set(statement.register, value)
        break
      }
      case 'write': {
        const to = yield* evaluate(cpu, words, registers, statement.to)
        const value = yield* evaluate(cpu, words, registers, statement.value)
        yield* cpu.write(wordAt(words, to), value)
        break
      }
      case 'call':
        yield* evaluate(cpu, words, registers, statement.call)
        break
      case 'if': {
        const isTrue = yield* evaluate(cpu, words, registers, statement.condition)
        yield* runAll(cpu, words, registers, isTrue !== 0 ? statement.ifTrue : statement.ifFalse)
      }
    }
  }
}

function wordAt(words: Words, address: number): Word {
  const name = nameAt(words, address)
  if (name === undefined) throw new TypeError(`${address} is no address of a shared variable`)
  return words.get(name)!
}

function* evaluate(cpu: Cpu, words: Words, registers: Registers, expression: Expression): Steps<number> {
  switch (expression.kind) {
    case 'number':
      return expression.value
    case 'register':
      return registers.get(expression.name) ?? 0
    case 'address':
      return addressOf(words, expression.name)
    case 'read': {
      const from = yield* evaluate(cpu, words, registers, expression.from)
      return yield* cpu.read(wordAt(words, from))
    }
    case 'unary': {
      const operand = yield* evaluate(cpu, words, registers, expression.operand)
      return expression.sign === '!' ? Number(operand === 0) : expression.sign === '-' ? -operand | 0 : ~operand
    }
    case 'binary':
      return yield* binary(cpu, words, registers, expression)
    case 'call': {
      const operands: number[] = []
      for (const operand of expression.operands) {
        const value = yield* evaluate(cpu, words, registers, operand)
        operands.push(value)
      }
      return yield* carryOut(cpu, words, expression.name, operands)
    }
  }
}

function* binary(
  cpu: Cpu,
  words: Words,
  registers: Registers,
  { sign, left, right }: Expression & { readonly kind: 'binary' },
): Steps<number> {
  const a = yield* evaluate(cpu, words, registers, left)
  // The right side of these is evaluated only if it matters.
  if ((sign === '&&' && a === 0) || (sign === '||' && a !== 0)) return Number(sign === '||')
  const b = yield* evaluate(cpu, words, registers, right)
  return BINARY[sign]!(a, b) | 0
}

const BINARY: Readonly<Record<string, (a: number, b: number) => number>> = {
  '||': (_, b) => Number(b !== 0),
  '&&': (_, b) => Number(b !== 0),
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '&': (a, b) => a & b,
  '==': (a, b) => Number(a === b),
  '!=': (a, b) => Number(a !== b),
  '<': (a, b) => Number(a < b),
  '>': (a, b) => Number(a > b),
  '<=': (a, b) => Number(a <= b),
  '>=': (a, b) => Number(a >= b),
  '<<': (a, b) => a << b,
  '>>': (a, b) => a >> b,
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => Math.imul(a, b),
}

const ORDER_OF: Readonly<Record<string, Order>> = { _acquire: ACQUIRE, _release: RELEASE, _relaxed: RELAXED }
const BARRIERS = { smp_rmb: RMB, smp_wmb: WMB } as const

/** One of the kernel's operations: where something lies is an address among its operands. */
function* carryOut(cpu: Cpu, words: Words, call: string, operands: readonly number[]): Steps<number> {
  const suffix = /_(acquire|release|relaxed)$/.exec(call)?.[0] ?? ''
  const isOrdered = /^(atomic_)?(xchg|cmpxchg)|_return|_fetch_/.test(call)
  if (isOrdered) {
    const order = ORDER_OF[suffix] ?? FULL
    return yield* exchange(cpu, words, suffix === '' ? call : call.slice(0, -suffix.length), operands, order)
  }
  const [first = 0, second = 0, third = 0] = operands
  switch (call) {
    case 'READ_ONCE':
    case 'atomic_read':
      return yield* cpu.load(wordAt(words, first))
    case 'smp_load_acquire':
    case 'rcu_dereference':
      return yield* cpu.loadAcquire(wordAt(words, first))
    case 'WRITE_ONCE':
    case 'atomic_set':
      yield* cpu.store(wordAt(words, first), second)
      return 0
    case 'smp_store_release':
    case 'rcu_assign_pointer':
      yield* cpu.storeRelease(wordAt(words, first), second)
      return 0
    case 'smp_store_mb':
      yield* cpu.store(wordAt(words, first), second)
      yield* cpu.barrier(MB)
      return 0
    case 'atomic_add':
    case 'atomic_sub':
      yield* cpu.add(wordAt(words, second), call === 'atomic_add' ? first : -first, RELAXED)
      return 0
    case 'atomic_inc':
    case 'atomic_dec':
      yield* cpu.add(wordAt(words, first), call === 'atomic_inc' ? 1 : -1, RELAXED)
      return 0
    case 'spin_lock':
      yield* lock(cpu, wordAt(words, first))
      return 0
    case 'spin_unlock':
      yield* cpu.storeRelease(wordAt(words, first), 0)
      return 0
    case 'spin_trylock': {
      const was = yield* cpu.cas(wordAt(words, first), 0, 1, ACQUIRE)
      return Number(was === 0)
    }
    case 'spin_is_locked': {
      const held = yield* cpu.load(wordAt(words, first))
      return Number(held !== 0)
    }
    case 'atomic_add_unless':
      return yield* addUnless(cpu, wordAt(words, first), second, third)
    case 'rcu_read_lock':
    case 'rcu_read_unlock':
      // A test that is read never waits for readers.
      return 0
    case 'barrier':
      // It orders the compiler only, and every access of a test is one that a compiler does not move.
      return 0
    default:
      yield* cpu.barrier(call === 'smp_rmb' || call === 'smp_wmb' ? BARRIERS[call] : MB)
      return 0
  }
}

function* lock(cpu: Cpu, word: Word): Steps<void> {
  for (;;) {
    yield* cpu.untilEqual(word, 0)
    const was = yield* cpu.cas(word, 0, 1, ACQUIRE)
    if (was === 0) return
  }
}

function* addUnless(cpu: Cpu, word: Word, by: number, unless: number): Steps<number> {
  for (;;) {
    const found = yield* cpu.load(word)
    if (found === unless) return 0
    const was = yield* cpu.cas(word, found, (found + by) | 0)
    if (was === found) return 1
  }
}

/** A read-modify-write that returns the value before, or after it. */
function* exchange(cpu: Cpu, words: Words, call: string, operands: readonly number[], order: Order): Steps<number> {
  const [first = 0, second = 0, third = 0] = operands
  if (call === 'xchg' || call === 'atomic_xchg') return yield* cpu.xchg(wordAt(words, first), second, order)
  if (call === 'cmpxchg' || call === 'atomic_cmpxchg') return yield* cpu.cas(wordAt(words, first), second, third, order)
  const isStep = /_(inc|dec)/.test(call)
  const size = isStep ? 1 : first
  const by = /_(sub|dec)/.test(call) ? -size : size
  const was = yield* cpu.add(wordAt(words, isStep ? first : second), by, order)
  return call.endsWith('_return') ? (was + by) | 0 : was
}
