import { type CallBack, type GivenArgument, MOST_NUMBERS } from './call-back.ts'
import type { Names } from './changes.ts'
import type { Code } from './encode.ts'
import { CALL_BACK } from './host.ts'
import { call, constant } from './instructions.ts'
import type { Path } from './slots.ts'
import type { Source } from './source.ts'
import { CPU, codeOf, isBoolean, type NotCompiled, type Value } from './values.ts'

/** How a worker finds the objects and the functions again. */
export type Places = {
  readonly paths: ReadonlyMap<object, Path>
  readonly namesOf: (callable: unknown) => Names | undefined
}

type GivenConstant = (GivenArgument & { kind: 'constant' })['value']

/** The name by which an object has the function. */
function nameIn(object: unknown, { callable }: Source): string | undefined {
  if (typeof object !== 'object') return undefined
  for (let holder = object; holder !== null; holder = Object.getPrototypeOf(holder)) {
    const found = Object.entries(Object.getOwnPropertyDescriptors(holder)).find(([, { value }]) => value === callable)
    if (found !== undefined) return found[0]
  }
  return undefined
}

/** The calls of compiled code to functions in JavaScript, in the order of their numbers. */
export class Calls {
  readonly all: CallBack[] = []
  readonly #places: Places | undefined

  constructor(places: Places | undefined) {
    this.#places = places
  }

  /** A function that cannot be compiled is called in JavaScript, if nothing is done with its result. */
  of(source: Source, self: unknown, args: readonly Value[], why: NotCompiled): Value {
    const path = this.#places?.paths.get(self as object)
    const names = this.#places?.namesOf(source.callable)
    const name = nameIn(self, source)
    if (args.some(({ kind }) => kind === 'nothing')) throw why
    const given = args.map((arg) => this.#givenOf(arg, why))
    const numbers = args.filter(({ kind }) => kind !== 'known').map(codeOf)
    if (numbers.length > MOST_NUMBERS) throw why
    const called =
      path !== undefined && name !== undefined ? { method: { path, name }, args: given } : { names, args: given }
    if (called.method === undefined && (names === undefined || self !== undefined || names.length === 0)) throw why
    const padding = new Array<Code>(MOST_NUMBERS - numbers.length).fill(constant(0))
    const index = this.all.push(called as CallBack) - 1
    return {
      kind: 'nothing',
      code: [...constant(index), ...[...numbers, ...padding].flat(), ...call(CALL_BACK)],
      why,
    }
  }

  #givenOf(arg: Value, why: NotCompiled): GivenArgument {
    if (arg.kind !== 'known') return { kind: isBoolean(arg) ? 'boolean' : 'number' }
    const { value } = arg
    if (value === CPU) return { kind: 'cpu' }
    if (typeof value === 'object' && value !== null) {
      const path = this.#places?.paths.get(value)
      if (path === undefined) throw why
      return { kind: 'held', path }
    }
    if (typeof value === 'function' || typeof value === 'symbol') throw why
    return { kind: 'constant', value: value as GivenConstant }
  }
}
