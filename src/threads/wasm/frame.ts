import { bytesOf, type Code, isOfBytes } from './encode.ts'
import { branch, constant, getLocal, RETURN, setLocal } from './instructions.ts'
import { anyOf, checkedRange } from './ranges.ts'
import type { Source } from './source.ts'
import { boolean, codeOf, isBoolean, known, NotCompiled, nothing, number, rangeOf, type Value } from './values.ts'

/** The meaning of a name within a function: a constant value, or a local. */
type Binding =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'local'; readonly local: number; readonly isBoolean: boolean }

/** The locals of a function of WebAssembly: those of the functions that are compiled into it are among them. */
type Locals = { count: number; scratch?: number; readonly wide: number[]; readonly fractions: number[] }

/** A function while it is compiled: its locals, its names, and how deep its blocks are. */
export class Frame {
  readonly source: Source
  readonly self: unknown
  readonly #locals: Locals
  /** Of a function that is compiled into another: the depth of the block around it, and the local of its result. */
  readonly #end: number | undefined
  #resultLocal: number | undefined
  /** What it returns, wherever it does. */
  readonly #returned: { readonly value: Value; readonly code: Code }[] = []
  /** What comes next is never reached. */
  isOver = false
  /** Blocks around the place. */
  depth = 0
  /** The depth at which each enclosing loop ends, and at which its next turn begins. */
  readonly loops: { readonly end: number; readonly next: number }[] = []
  /** The type of its result, once known. */
  result: 'number' | 'boolean' | 'nothing' | undefined
  #scopes: Map<string, Binding>[] = [new Map()]

  constructor(source: Source, self: unknown, locals: Locals, end?: number) {
    this.source = source
    this.self = self
    this.#locals = locals
    this.#end = end
    this.depth = end ?? 0
  }

  /** The frame of a function that is compiled into this one, in a block of its own. */
  within(source: Source, self: unknown): Frame {
    return new Frame(source, self, this.#locals, this.depth + 1)
  }

  newLocal(): number {
    this.#locals.count += 1
    return this.#locals.count - 1
  }

  /** A local of 64 bits. */
  newWideLocal(): number {
    const local = this.newLocal()
    this.#locals.wide.push(local)
    return local
  }

  /** A local for a number that need not be whole. */
  newFraction(): number {
    const local = this.newLocal()
    this.#locals.fractions.push(local)
    return local
  }

  /** A local of 64 bits whose value is used at once. */
  get scratch(): number {
    this.#locals.scratch ??= this.newWideLocal()
    return this.#locals.scratch
  }

  bindValue(name: string, value: Value): void {
    this.#scopes.at(-1)!.set(name, { kind: 'value', value })
  }

  bindLocal(name: string, local: number, isBoolean: boolean): void {
    this.#scopes.at(-1)!.set(name, { kind: 'local', local, isBoolean })
  }

  inScope<T>(compile: () => T): T {
    this.#scopes.push(new Map())
    try {
      return compile()
    } finally {
      this.#scopes.pop()
    }
  }

  inBlocks<T>(blocks: number, compile: () => T): T {
    this.depth += blocks
    try {
      return compile()
    } finally {
      this.depth -= blocks
    }
  }

  lookUp(name: string): Value {
    const binding = this.#find(name)
    if (binding?.kind === 'value') return binding.value
    if (binding?.kind === 'local') return (binding.isBoolean ? boolean : number)(getLocal(binding.local), true)
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
  returns(value: Value): Code {
    // A function that stays JavaScript would give a value here, which compiled code does not get.
    if (value.kind === 'nothing' && value.why !== undefined) throw value.why
    const kind = value.kind === 'nothing' ? 'nothing' : isBoolean(value) ? 'boolean' : 'number'
    this.result ??= kind
    if (this.result !== kind) throw new NotCompiled('a function that returns now one thing, now another')
    const code = value.kind === 'nothing' ? value.code : codeOf(value)
    this.isOver = true
    if (this.#end === undefined) return [...code, ...RETURN]
    const kept = kind === 'nothing' ? [] : setLocal(this.#result())
    const left = [...code, ...kept, ...branch(this.depth - this.#end)]
    this.#returned.push({ value, code: left })
    return left
  }

  /** The value of a function that does nothing else than return one that is known. `code`: all of it. */
  onlyKnown(code: Code): Value | undefined {
    const [only, another] = this.#returned
    if (only?.value.kind !== 'known' || another !== undefined) return undefined
    return isOfBytes(code, bytesOf(only.code).length) ? only.value : undefined
  }

  /** What a function gives to the one that it was compiled into. */
  given(code: Code): Value {
    if (this.result === undefined || this.result === 'nothing') return nothing(code)
    const given = [...code, ...getLocal(this.#result())]
    if (this.result === 'boolean') return boolean(given)
    return number(given, false, checkedRange(anyOf(...this.#returned.map(({ value }) => rangeOf(value)))))
  }

  #result(): number {
    this.#resultLocal ??= this.newLocal()
    return this.#resultLocal
  }

  #find(name: string): Binding | undefined {
    return this.#scopes.findLast((scope) => scope.has(name))?.get(name)
  }
}

/** The local's value at the start of a declaration without one. */
export const UNSET = constant(0)
