import type { AnyNode } from 'acorn'
import { arrayOf } from '../../builds/changed-members.ts'
import type { Code } from './encode.ts'
import type { Frame } from './frame.ts'
import {
  ARITHMETIC,
  constant,
  getLocal,
  LOAD_FRACTION,
  NOT_SMALLER,
  PLAIN_LOAD,
  PLAIN_STORE,
  STORE_FRACTION,
  setLocal,
  TO_ADDRESS,
  UNREACHABLE,
  whenUnlikely,
} from './instructions.ts'
import { isWithin, type Range } from './ranges.ts'
import type { Slot } from './slots.ts'
import { getterOf, hasGetter } from './source.ts'
import {
  boolean,
  CPU,
  codeOf,
  fraction,
  fractionOf,
  isBoolean,
  known,
  NotCompiled,
  nothing,
  number,
  rangeOf,
  stepsOf,
  Throws,
  Unknown,
  type Value,
} from './values.ts'
import type { World } from './world.ts'

/** A field of a placed object: what is in its slot if it changes, else a constant. */
export function member(owner: Value, name: string, frame: Frame, world: World): Value {
  if (owner.kind === 'element') {
    const fields = owner.table.map((each) => constantOf(each, name, frame, world))
    const { base, step } = stepsOf(fields)
    return number(
      [...owner.code, ...atStep(base, step, getLocal(owner.local))],
      false,
      hull(fields as readonly number[]),
    )
  }
  if (owner.kind !== 'known') throw new NotCompiled(`.${name} of a value that is not known`)
  if (owner.value === CPU) {
    if (name === 'id') return known(world.cpu)
    throw new NotCompiled(`cpu.${name}`)
  }
  return fieldOf(owner.value as object, name, frame, world)
}

function fieldOf(object: object, name: string, frame: Frame, world: World): Value {
  if (object === null || object === undefined) throw new Throws(`${name} of nothing`)
  if (Array.isArray(object)) return lengthOf(object, name, world)
  if (object instanceof Unknown) throw new NotCompiled(`.${name} of what is not known yet`)
  if (object instanceof ArrayIn) return arrayMember(object, name, world)
  if (hasGetter(object, name)) {
    const getter = getterOf(object, name)
    if (getter === undefined) throw new NotCompiled(`.${name}, which is computed`)
    return world.invoke(getter, object, [], frame)
  }
  const value = (object as Readonly<Record<string, unknown>>)[name]
  if (ArrayBuffer.isView(value)) return known(ArrayIn.of(object, name))
  const slot = world.slots?.of(object, name)
  return slot === undefined ? known(value) : inSlot(slot)
}

function lengthOf(array: readonly unknown[], name: string, world: World): Value {
  if (name !== 'length') throw new NotCompiled(`.${name} of an array`)
  world.slots?.keepElements(array, name)
  return known(array.length)
}

/** The elements of an array are taken for constants. `node`: what names it. */
export const keepElements = (array: readonly unknown[], node: AnyNode, world: World): void =>
  world.slots?.keepElements(array, arrayOf(node))

/** A typed array, by who holds it. */
class ArrayIn {
  static readonly #known = new WeakMap<object, Map<string, ArrayIn>>()

  readonly holder: object
  readonly name: string

  /** The same one for the same names, as it may be compared. */
  static of(holder: object, name: string): ArrayIn {
    const known = ArrayIn.#known.get(holder) ?? new Map<string, ArrayIn>()
    ArrayIn.#known.set(holder, known)
    const array = known.get(name) ?? new ArrayIn(holder, name)
    known.set(name, array)
    return array
  }

  private constructor(holder: object, name: string) {
    this.holder = holder
    this.name = name
  }
}

function arrayMember(array: ArrayIn, name: string, world: World): Value {
  if (name !== 'length') throw new NotCompiled(`.${name} of an array`)
  return known(slotsOf(array, world).length)
}

function inSlot({ word, kind }: Slot): Value {
  if (kind === 'fraction') return fraction([...constant(word * 4), ...LOAD_FRACTION], true)
  return (kind === 'boolean' ? boolean : number)([...constant(word * 4), ...PLAIN_LOAD], true)
}

function constantOf(object: object | null | undefined, name: string, frame: Frame, world: World): unknown {
  if (object === null || object === undefined) throw new NotCompiled(`.${name} of one of several, which is not there`)
  const value = fieldOf(object, name, frame, world)
  if (value.kind !== 'known') throw new NotCompiled(`.${name}, which changes, of one of several`)
  return value.value
}

/** The field has this value from now on. */
export function written(owner: Value, name: string, value: Value, world: World): Value {
  if (owner.kind !== 'known' || owner.value === CPU) throw new NotCompiled(`an assignment to .${name} of something`)
  const slot = world.slots?.of(owner.value as object, name)
  if (slot === undefined || slot.length !== undefined) throw new NotCompiled(`an assignment to .${name}`)
  if (slot.kind === 'fraction') return nothing([...constant(slot.word * 4), ...fractionOf(value), ...STORE_FRACTION])
  if (isBoolean(value) !== (slot.kind === 'boolean'))
    throw new NotCompiled(`.${name}, which is now one thing, now another`)
  return nothing([...constant(slot.word * 4), ...codeOf(value), ...PLAIN_STORE])
}

/** A typed array as a loop goes over it: how many elements it has, and the code of one. */
export function elementsOf(array: Value, world: World) {
  if (array.kind !== 'known' || !(array.value instanceof ArrayIn)) return undefined
  const { word, length } = slotsOf(array.value, world)
  return { length, at: (index: number): Code => [...addressIn(word, index), ...PLAIN_LOAD] }
}

/** An element of an array: a slot of a typed one; else a constant, or one of several. `node`: what names the array. */
export function element(owner: Value, index: Value, node: AnyNode, frame: Frame, world: World): Value {
  if (owner.kind !== 'known') throw new NotCompiled('an element of something that is not a table')
  if (owner.value instanceof ArrayIn) return elementInSlots(owner.value, index, frame, world)
  if (!Array.isArray(owner.value)) throw new NotCompiled('an element of something that is not a table')
  keepElements(owner.value, node, world)
  const table = owner.value as readonly unknown[]
  if (index.kind === 'known') return known(table[index.value as number])
  if (table.length === 0) throw new NotCompiled('an element of an empty table')
  const local = frame.newLocal()
  const found = [...codeOf(index), ...setLocal(local), ...checked(local, table.length, index)]
  if (typeof table[0] === 'number') {
    const { base, step } = stepsOf(table)
    return number([...found, ...atStep(base, step, getLocal(local))], false, hull(table as readonly number[]))
  }
  return { kind: 'element', table: table as readonly object[], local, code: found }
}

const atStep = (base: number, step: number, index: Code): Code => [
  ...[...index, ...constant(step), ARITHMETIC['*']],
  ...[...constant(base), ARITHMETIC['+']],
]

function slotsOf({ holder, name }: ArrayIn, world: World): Required<Slot> {
  const slot = world.slots?.of(holder, name)
  if (slot?.length === undefined) throw new NotCompiled(`an element of ${name}`)
  return slot as Required<Slot>
}

/** An index that the array does not have ends the program: it would be another array's. */
function elementInSlots(array: ArrayIn, index: Value, frame: Frame, world: World): Value {
  const { word, length } = slotsOf(array, world)
  const local = frame.newLocal()
  const code = [...codeOf(index), ...setLocal(local), ...checked(local, length, index)]
  return number([...code, ...addressIn(word, local), ...PLAIN_LOAD])
}

/** Of an element that has been looked at: the index is one that there is. */
export function writtenElement(owner: Value, index: number, value: Value, world: World): Code {
  if (owner.kind !== 'known' || !(owner.value instanceof ArrayIn)) throw new NotCompiled('an assignment to an element')
  const { word, length } = slotsOf(owner.value, world)
  return [...checked(index, length), ...addressIn(word, index), ...codeOf(value), ...PLAIN_STORE]
}

/** `of`: where the index comes from, by which it may be known to be small enough. */
const checked = (index: number, length: number, of?: Value): Code =>
  of !== undefined && isWithin(rangeOf(of), { least: 0, most: length - 1 })
    ? []
    : whenUnlikely([...getLocal(index), ...constant(length), NOT_SMALLER], UNREACHABLE)

const hull = (numbers: readonly number[]): Range => ({ least: Math.min(...numbers), most: Math.max(...numbers) })

const addressIn = (word: number, index: number): Code => [
  ...[...getLocal(index), ...TO_ADDRESS],
  ...[...constant(word * 4), ARITHMETIC['+']],
]
