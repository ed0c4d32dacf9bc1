import type { LockId, Side } from '../../shared-memory/cpu.ts'
import { DRAIN } from '../control.ts'
import { placeOf } from '../lock-statistics.ts'
import type { OwnHolds, OwnMemory } from '../memory.ts'
import { type At, compareExchange, load, modify, poke, read, type Sleepers, store, write } from './accesses.ts'
import type { Code } from './encode.ts'
import type { Frame } from './frame.ts'
import { hostFunction } from './host.ts'
import {
  ARITHMETIC,
  BITWISE,
  branchIf,
  COMPARISONS,
  call,
  constant,
  DROP,
  FENCE,
  getLocal,
  loop,
  PLAIN_LOAD,
  PLAIN_STORE,
  plainLoadAt,
  plainStoreAt,
  READ_MODIFY_WRITE,
  setLocal,
  teeLocal,
  when,
} from './instructions.ts'
import {
  bitsOf,
  boolean,
  codeOf,
  fraction,
  fractionOf,
  known,
  NotCompiled,
  nothing,
  number,
  type Value,
} from './values.ts'

/**
 * The end of a slow path: a call, if it is timed; clearing a word of this CPU if it names the lock; or nothing, on a CPU of no run, which
 * keeps no records either: then its beginning is nothing too.
 */
export type SlowPathEnd = 'call' | { readonly word: number } | 'nothing'

/**
 * How a CPU learns whether a signal is pending: by a call; in place, from the phase of its run, and its own heart beats meanwhile; or
 * never, as it is of no run that could end.
 */
export type Signal = 'call' | 'never' | { readonly phaseWord: number; readonly heartbeatWord: number }

/** The environment of an instruction besides the words of the protocol. */
export type Machine = {
  readonly sleepers: Sleepers
  readonly slowPathEnd: SlowPathEnd
  /** `never`: work costs nothing on this CPU, so its calls are left out. */
  readonly works: 'call' | 'never'
  /** The host keeps plain accesses in order: barriers are nothing. */
  readonly keepsOrder: boolean
  readonly signal: Signal
  /** Where it counts; undefined: by a call. */
  readonly own: Pick<OwnMemory, 'countersWord' | 'counters'> | undefined
  /** Which holds are timed; undefined: each, or none. */
  readonly holds: OwnHolds | undefined
}

const isReadModifyWrite = (name: string): name is keyof typeof READ_MODIFY_WRITE => name in READ_MODIFY_WRITE

/** An instruction of the CPU: accesses to shared words in place, the looks of waits in place, and calls for all else. */
export function operation(name: string, args: readonly Value[], frame: Frame, machine: Machine): Value {
  const { sleepers, slowPathEnd } = machine
  // As ThreadCpu.barrier(), but for smp_mb() after an atomic store on x86: that store is a full barrier.
  if (name === 'barrier') return nothing(machine.keepsOrder ? [] : FENCE)
  if (name === 'contentionBegin' && slowPathEnd === 'nothing') return nothing()
  if (name === 'contentionEnd' && slowPathEnd !== 'call') return slowPathEnded(codeOf(args[0]!), slowPathEnd)
  // As ThreadCpu.needResched().
  if (name === 'needResched') return known(false)
  if (name === 'signalPending' && machine.signal !== 'call') return signalPending(machine.signal)
  const access = accessOf(name)
  if (name === 'work' && machine.works === 'never') return nothing(args.flatMap(discarded))
  const counted = /^count(Highest)?$/.test(name) ? counting(name, args, frame, machine.own) : undefined
  if (counted !== undefined) return counted
  if (name === 'acquired' || name === 'releasing') return watching(name, args, frame, machine.holds)
  if (access === undefined) return called(name, args, hostOf(name))
  const { at, before } = wordOf(args[0], frame)
  const { code, hasResult } = access(at, args.slice(1).map(bitsOf), frame, sleepers)
  return hasResult ? number([...before, ...code]) : nothing([...before, ...code])
}

/** As StatusWriter.contentionEnd(), in place: here the lock is held already, and others wait for it. */
function slowPathEnded(lock: Code, end: Exclude<SlowPathEnd, 'call'>): Value {
  if (end === 'nothing') return nothing()
  const named = [...lock, ...constant(1), ARITHMETIC['+']]
  return nothing(when([...read(end), ...named, COMPARISONS['===']], write(end, constant(0))))
}

/** As ThreadCpu.signalPending(), in place. The load sees that Control.advance() has begun the phase. */
function signalPending(signal: Exclude<Signal, 'call'>): Value {
  if (signal === 'never') return known(false)
  const heart = { word: signal.heartbeatWord }
  const beat = write(heart, [...read(heart), ...constant(1), ARITHMETIC['+']])
  return boolean([...beat, ...load({ word: signal.phaseWord }), ...constant(DRAIN), COMPARISONS['>=']])
}

/** As ThreadCpu.count() and countHighest(), in place. */
function counting(
  name: string,
  [counter, value]: readonly Value[],
  frame: Frame,
  own: Machine['own'],
): Value | undefined {
  if (own === undefined || counter?.kind !== 'known' || value === undefined) return undefined
  if ((counter.value as number) >= own.counters) return undefined
  const [counters, given] = [frame.newLocal(), frame.newLocal()]
  const before = [...constant(own.countersWord * 4), ...PLAIN_LOAD, ...setLocal(counters)]
  const now = [...getLocal(counters), ...plainLoadAt(counter.value as number)]
  const become = (next: Code) => [...getLocal(counters), ...next, ...plainStoreAt(counter.value as number)]
  // First, as it may count as well.
  if (name === 'count')
    return nothing([
      ...[...bitsOf(value), ...setLocal(given), ...before],
      ...become([...now, ...getLocal(given), ARITHMETIC['+']]),
    ])
  const isHigher = [...getLocal(given), ...now, COMPARISONS['>']]
  return nothing([...codeOf(value), ...setLocal(given), ...before, ...when(isHigher, become(getLocal(given)))])
}

/** As ThreadCpu.acquired() and releasing(): a call only for a hold that is timed. */
function watching(
  name: 'acquired' | 'releasing',
  args: readonly Value[],
  frame: Frame,
  holds: Machine['holds'],
): Value {
  const told = called(name, args, hostOf(name))
  const [lock, side] = args
  if (holds === undefined || lock?.kind !== 'known' || side?.kind !== 'known') return told
  const place = placeOf(lock.value as LockId, side.value as Side)
  if (place >= holds.places) return told
  if (name === 'acquired') return nothing(unlessPassedOver(holds.untimedWord + place, discarded(told), frame))
  return nothing(when([...constant((holds.isTimedWord + place) * 4), ...PLAIN_LOAD], discarded(told)))
}

function unlessPassedOver(word: number, call: Code, frame: Frame): Code {
  const untimed = frame.newLocal()
  const left = [...getLocal(untimed), ...constant(1), ARITHMETIC['-']]
  return when(
    [...constant(word * 4), ...PLAIN_LOAD, ...teeLocal(untimed)],
    [...constant(word * 4), ...left, ...PLAIN_STORE],
    call,
  )
}

function hostOf(name: string) {
  const host = hostFunction(name)
  if (host === undefined) throw new NotCompiled(`cpu.${name}()`)
  return host
}

type Accessed = { readonly code: Code; readonly hasResult: boolean }
type Access = (at: At, args: readonly Code[], frame: Frame, sleepers: Sleepers) => Accessed

const gives = (code: Code): Accessed => ({ code, hasResult: true })
const does = (code: Code): Accessed => ({ code, hasResult: false })

function accessOf(name: string): Access | undefined {
  if (isReadModifyWrite(name)) {
    return (at, [value], frame, sleepers) => gives(modify(name, at, value!, frame.newLocal(), sleepers))
  }
  return ACCESSES.get(name)
}

const toLoad: Access = (at) => gives(load(at))
const toStore: Access = (at, [value], _, sleepers) => does(store(at, value!, sleepers))

const ACCESSES: ReadonlyMap<string, Access> = new Map<string, Access>([
  ['read', (at) => gives(read(at))],
  ['write', (at, [value]) => does(write(at, value!))],
  ['load', toLoad],
  ['loadAcquire', toLoad],
  ['peek', toLoad],
  ['store', toStore],
  ['storeRelease', toStore],
  ['poke', (at, [value]) => does(poke(at, value!))],
  ['cas', swap],
  ['untilEqual', untilEqual],
  ['untilClear', untilClear],
])

function swap(at: At, [expected, value]: readonly Code[], frame: Frame, sleepers: Sleepers): Accessed {
  const kept = frame.newLocal()
  const was = frame.newLocal()
  return gives([...expected!, ...setLocal(kept), ...compareExchange(at, getLocal(kept), value!, was, sleepers)])
}

const indexOf = (at: At) => ('word' in at ? constant(at.word) : getLocal(at.local))

/**
 * How often a wait polls by itself before it calls the CPU's wait, which finally sleeps: about a nanosecond each while
 * the line is here. A lock that is handed over during that time costs no call into JavaScript.
 */
const LOOKS = 256

/** Looks until `test`, whose looks leave what they saw, is false; and if it stays true, waits by `call`. */
function look(test: Code, wait: Code, frame: Frame): Code {
  const left = frame.newLocal()
  const again = [...getLocal(left), ...constant(1), ARITHMETIC['-'], ...teeLocal(left), ...branchIf(1)]
  return [...[...constant(LOOKS), ...setLocal(left)], ...loop(when(test, [...again, ...wait]))]
}

function untilEqual(at: At, [value]: readonly Code[], frame: Frame): Accessed {
  const wanted = frame.newLocal()
  return does([
    ...[...value!, ...setLocal(wanted)],
    ...look(
      [...load(at), ...getLocal(wanted), COMPARISONS['!==']],
      [...indexOf(at), ...getLocal(wanted), ...call(hostOf('untilEqual').index)],
      frame,
    ),
  ])
}

function untilClear(at: At, [mask]: readonly Code[], frame: Frame): Accessed {
  const [bits, seen] = [frame.newLocal(), frame.newLocal()]
  return gives([
    ...[...mask!, ...setLocal(bits)],
    ...look(
      [...load(at), ...teeLocal(seen), ...getLocal(bits), BITWISE['&']],
      [...indexOf(at), ...getLocal(bits), ...call(hostOf('untilClear').index), ...setLocal(seen)],
      frame,
    ),
    ...getLocal(seen),
  ])
}

function called(name: string, args: readonly Value[], host: ReturnType<typeof hostOf>): Value {
  const { params, fractions = 0 } = host
  if (args.length < params + fractions) throw new NotCompiled(`cpu.${name}() with too few arguments`)
  const given = [...args.slice(0, params).map(codeOf), ...args.slice(params, params + fractions).map(fractionOf)]
  const code = [...given.flat(), ...call(host.index)]
  if (!host.hasResult) return nothing(code)
  if (host.givesFraction) return fraction(code)
  return host.isBoolean ? boolean(code) : number(code)
}

/** A word that is not known is computed once. */
function wordOf(value: Value | undefined, frame: Frame): { readonly at: At; readonly before: Code } {
  if (value?.kind === 'known' && typeof value.value === 'number') return { at: { word: value.value }, before: [] }
  if (value?.kind !== 'computed') throw new NotCompiled('an access to something that is not a word')
  const local = frame.newLocal()
  return { at: { local }, before: [...codeOf(value), ...setLocal(local)] }
}

/** Code that leaves nothing behind. */
export function discarded(value: Value): Code {
  if (value.kind === 'nothing' || value.kind === 'element') return value.code
  return (value.kind === 'computed' || value.kind === 'fraction') && !value.isPure ? [...value.code, ...DROP] : []
}
