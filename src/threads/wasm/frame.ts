import { constant, getLocal } from './instructions.ts'
import type { Source } from './source.ts'
import { boolean, codeOf, isBoolean, known, NotCompiled, number, type Value } from './values.ts'

/** The meaning of a name within a function: a constant value, or a local. */
type Binding =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'local'; readonly local: number; readonly isBoolean: boolean }

/** A function while it is compiled: its locals, its names, and how deep its blocks are. */
export class Frame {
  readonly source: Source
  readonly self: unknown
  locals: number
  /** Blocks around the place. */
  depth = 0
  /** The depth at which each enclosing loop ends, and at which its next turn begins. */
  readonly loops: { readonly end: number; readonly next: number }[] = []
  /** The type of its result, once known. */
  result: 'number' | 'boolean' | 'nothing' | undefined
  #scopes: Map<string, Binding>[] = [new Map()]

  constructor(source: Source, self: unknown, params: number) {
    this.source = source
    this.self = self
    this.locals = params
  }

  newLocal(): number {
    this.locals += 1
    return this.locals - 1
  }

  bindValue(name: string, value: Value): void {
    this.#scopes.at(-1)!.set(name, { kind: 'value', value })
  }

  bindLocal(name: string, local: number, isBoolean: boolean): void {
    this.#scopes.at(-1)!.set(name, { kind: 'local', local, isBoolean })
  }

  inScope<T>(compile: () => T): T {
    this.#scopes.push(new Map())
    const result = compile()
    this.#scopes.pop()
    return result
  }

  inBlocks<T>(blocks: number, compile: () => T): T {
    this.depth += blocks
    const result = compile()
    this.depth -= blocks
    return result
  }

  lookUp(name: string): Value {
    const binding = this.#find(name)
    if (binding?.kind === 'value') return binding.value
    if (binding?.kind === 'local') return (binding.isBoolean ? boolean : number)(getLocal(binding.local))
    if (name in this.source.scope) return known(this.source.scope[name])
    if (name === 'undefined') return known(undefined)
    if (name === 'Math') return known(Math)
    throw new NotCompiled(`the name ${name}`)
  }

  /** The local of a name, for writing. */
  localOf(name: string): { readonly local: number; readonly isBoolean: boolean } {
    const binding = this.#find(name)
    if (binding?.kind !== 'local') throw new NotCompiled(`an assignment to ${name}`)
    return binding
  }

  /** The function returns it; always the same kind of thing. */
  returns(value: Value): readonly number[] {
    const kind = value.kind === 'nothing' ? 'nothing' : isBoolean(value) ? 'boolean' : 'number'
    this.result ??= kind
    if (this.result !== kind) throw new NotCompiled('a function that returns now one thing, now another')
    return value.kind === 'nothing' ? value.code : codeOf(value)
  }

  #find(name: string): Binding | undefined {
    return this.#scopes.findLast((scope) => scope.has(name))?.get(name)
  }
}

/** The local's value at the start of a declaration without one. */
export const UNSET = constant(0)
