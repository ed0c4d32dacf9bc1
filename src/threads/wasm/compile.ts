import type { BlockStatement, Expression, Pattern } from 'acorn'
import type { OwnMemory } from '../memory.ts'
import type { CallBack } from './call-back.ts'
import { Calls, type Places } from './calls.ts'
import { type Code, encodeModule, type WasmFunction } from './encode.ts'
import { compiled } from './expressions.ts'
import { Frame } from './frame.ts'
import { HOST_FUNCTIONS, WAKE } from './host.ts'
import { block, call, getLocal, UNREACHABLE } from './instructions.ts'
import { Keys } from './keys.ts'
import type { Machine, SlowPathEnd } from './operations.ts'
import type { Slots } from './slots.ts'
import { methodOf, type Source, steppedMethodsOf, takesOf } from './source.ts'
import { bound, codeOfBody, takenApart } from './statements.ts'
import {
  after,
  boolean,
  CPU,
  codeOf,
  fraction,
  isBoolean,
  isPure,
  known,
  NotCompiled,
  nothing,
  number,
  type Value,
} from './values.ts'
import type { ThrownError, World } from './world.ts'

/** A function that has been compiled, and under which name the module exports it. */
export type Exported = { readonly export: string; readonly isBoolean: boolean }

/** A method that has been compiled. */
export type CompiledMethod = Exported & { readonly object: object; readonly method: string }

/** Functions that stay in JavaScript, and what in them could not be compiled. */
export type Left = { readonly method: string; readonly why: string }

/** The target of the compilation. */
export type Target = {
  readonly cpu: number
  readonly sleepersWord: number
  readonly slowPathEnd: SlowPathEnd
  readonly works: Machine['works']
  readonly keepsOrder: boolean
  readonly signal: Machine['signal']
  /** Memory of this CPU alone: where its counters are, and room for what changes. */
  readonly own: OwnMemory | undefined
  readonly holds: Machine['holds']
  /** How large the memory is. */
  readonly pages: number
}

type Done = { readonly index: number; readonly result: Frame['result'] }

/**
 * How much is compiled into one function at most, of functions that are not quite small, in characters. Of functions beyond some size V8
 * makes machine code before the first call returns, which took a second for recovery of huge pages without this.
 */
const ROOM = 4000

/** A function that calls itself with an argument that is known, and another each time, would never end. */
const DEEPEST = 64

/**
 * Compiles methods and functions for one CPU, of objects that have been placed. They are read from the opened build, so their only
 * source is the one that the checker explores; as the objects are there already, their words, all fields that do not change and the
 * number of the CPU are constants.
 */
export class Compiler {
  readonly left: Left[] = []
  readonly errors: ThrownError[] = []
  readonly #calls: Calls
  #mayCallBack = true
  /** Functions that are being compiled, each called by the one before. */
  #depth = 0
  /** What may still be compiled into the function that is being compiled, of functions that are not quite small, in characters. */
  #room = 0
  readonly #functions: WasmFunction[] = []
  readonly #exports: { name: string; index: number }[] = []
  readonly #world: World
  readonly #pages: number
  /** By function, its object and the known arguments. */
  readonly #done = new Map<string, Done | 'under way'>()
  readonly #keys = new Keys()

  /** `slots`: of fields that change; left out, no object may have such. */
  constructor(
    { cpu, sleepersWord, slowPathEnd, works, signal, keepsOrder, own, holds, pages }: Target,
    slots?: Slots,
    places?: Places,
  ) {
    this.#calls = new Calls(places)
    this.#pages = pages
    this.#world = {
      cpu,
      slots,
      machine: { sleepers: { word: sleepersWord, wake: WAKE }, slowPathEnd, works, signal, keepsOrder, own, holds },
      errorOf: (type, text) => this.#errorOf({ type, text }),
      invoke: (source, self, args, frame) => this.#invoke(source, self, args, frame),
    }
  }

  /** All methods of these objects that take steps. They call nothing back: their callers may pass objects, and want results. */
  methodsOf(objects: readonly object[]): CompiledMethod[] {
    this.#mayCallBack = false
    const methods = objects.flatMap((object) =>
      steppedMethodsOf(object).flatMap((method) => {
        const source = methodOf(object, method)!
        // Callers in JavaScript give the CPU, which is known, and numbers.
        const numbers = source.node.params.slice(1).map(() => number([]))
        const exported = this.export(source, object, [known(CPU), ...numbers], true)
        return exported === undefined ? [] : [{ object, method, ...exported }]
      }),
    )
    this.#mayCallBack = true
    return methods
  }

  /** Undefined if it cannot be compiled: `left` says why. `takesCpu`: it is called with a CPU before the numbers. */
  export(source: Source, self: unknown, args: readonly Value[], takesCpu: boolean): Exported | undefined {
    try {
      const { index, result } = takesCpu
        ? this.#compile(source, self, args, takesCpu)
        : this.#specialise(source, self, args)
      const name = `${this.#exports.length}`
      this.#exports.push({ name, index })
      return { export: name, isBoolean: result === 'boolean' }
    } catch (error) {
      if (!(error instanceof NotCompiled)) throw error
      const { message, where } = error
      this.left.push({ method: source.name, why: where === undefined ? message : `${message}, in ${where}()` })
      return undefined
    }
  }

  get calls(): readonly CallBack[] {
    return this.#calls.all
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return encodeModule({
      imports: HOST_FUNCTIONS,
      functions: this.#functions,
      exports: this.#exports,
      pages: this.#pages,
    })
  }

  #invoke(source: Source, self: unknown, args: readonly Value[], frame: Frame): Value {
    if (this.#depth === DEEPEST) throw new NotCompiled(`more than ${DEEPEST} functions, each called by the one before`)
    this.#depth += 1
    try {
      return this.#called(source, self, args, frame)
    } catch (error) {
      if (!(error instanceof NotCompiled)) throw error
      // The innermost function is named, once.
      const why = error.where === undefined ? new NotCompiled(error.message, source.name) : error
      if (!this.#mayCallBack) throw why
      return this.#calls.of(source, self, args, why)
    } finally {
      this.#depth -= 1
    }
  }

  #called(source: Source, self: unknown, args: readonly Value[], frame: Frame): Value {
    const { node } = source
    if (!args.slice(node.params.length).every(isPure)) throw new NotCompiled('an argument too many, which takes steps')
    const takes = node.body.type === 'BlockStatement' ? takesOf(source, this.#room) : 0
    if (takes !== undefined) {
      this.#room -= takes
      return this.#inlined(source, self, args, frame)
    }
    const { index, result } = this.#specialise(source, self, args)
    const passed = args.slice(0, node.params.length).filter(({ kind }) => kind !== 'known')
    const code = [...passed.flatMap(codeOf), ...call(index)]
    if (result === 'nothing') return nothing(code)
    return result === 'boolean' ? boolean(code) : number(code)
  }

  /** Its code in the place of a call. */
  #inlined(source: Source, self: unknown, args: readonly Value[], outer: Frame): Value {
    const key = this.#keys.of(source, self, args)
    if (this.#done.get(key) === 'under way') throw new NotCompiled(`${source.name}, which calls itself`)
    const before = this.#done.get(key)
    this.#done.set(key, 'under way')
    try {
      return this.#codeIn(source, args, outer.within(source, self))
    } finally {
      if (before === undefined) this.#done.delete(key)
      else this.#done.set(key, before)
    }
  }

  #codeIn({ node }: Source, args: readonly Value[], frame: Frame): Value {
    const before = node.params.flatMap((param, at) => this.#bound(param, args[at], frame))
    const { body } = node
    const single = body.type !== 'BlockStatement' ? body : onlyResultOf(body)
    const isPureBefore = args.every(isPure) && !node.params.some(({ type }) => type === 'AssignmentPattern')
    if (single !== undefined) return after(before, compiled(single, frame, this.#world), isPureBefore)
    const code = codeOfBody(body as BlockStatement, frame, this.#world)
    const result = frame.onlyKnown(code)
    if (result !== undefined) return after(before, result, isPureBefore)
    const hasResult = frame.result !== undefined && frame.result !== 'nothing'
    return frame.given(block([...before, ...code, ...(hasResult && !frame.isOver ? UNREACHABLE : [])]))
  }

  /** A parameter as a name: the value itself if it is known, or cannot change. */
  #bound(param: Pattern, given: Value | undefined, frame: Frame): Code {
    const isLeftOut = given === undefined || (given.kind === 'known' && given.value === undefined)
    if (param.type === 'AssignmentPattern') {
      const { left, right } = param
      return this.#bound(left, isLeftOut ? compiled(right, frame, this.#world) : given, frame)
    }
    const value = given ?? known(undefined)
    if (param.type === 'ObjectPattern') return takenApart(param, value, frame, this.#world)
    if (param.type !== 'Identifier') throw new NotCompiled('a parameter that is no name')
    return bound(param.name, value, frame, this.#world)
  }

  #specialise(source: Source, self: unknown, args: readonly Value[]): Done {
    const key = this.#keys.of(source, self, args)
    const before = this.#done.get(key)
    if (before === 'under way') throw new NotCompiled(`${source.name}, which calls itself`)
    if (before !== undefined) return before
    this.#done.set(key, 'under way')
    try {
      const done = this.#compile(source, self, args)
      this.#done.set(key, done)
      return done
    } catch (error) {
      this.#done.delete(key)
      throw error
    }
  }

  #compile(source: Source, self: unknown, args: readonly Value[], takesObject = false): Done {
    const outer = this.#room
    this.#room = ROOM
    try {
      return this.#function(source, self, args, takesObject)
    } finally {
      this.#room = outer
    }
  }

  #function(source: Source, self: unknown, args: readonly Value[], takesObject: boolean): Done {
    const { node } = source
    if (node.async || node.generator) throw new NotCompiled('a function that is async, or a generator')
    const first = takesObject ? 1 : 0
    const given = args.slice(0, node.params.length)
    const fractions = given.filter(({ kind }) => kind === 'fraction').length
    const params = given.filter(({ kind }) => kind !== 'known').length - fractions
    const ofParams = params + fractions + first
    const locals = { count: ofParams, wide: [] as number[], fractions: [] as number[] }
    const frame = new Frame(source, self, locals)
    let local = first
    const before = node.params.flatMap((param, at) => {
      const arg = given[at]
      if (arg === undefined || arg.kind === 'known') return this.#bound(param, arg, frame)
      if (takesObject && param.type === 'AssignmentPattern')
        throw new NotCompiled('a default for what a caller in JavaScript leaves out')
      const name = param.type === 'AssignmentPattern' ? param.left : param
      if (name.type !== 'Identifier') throw new NotCompiled('a parameter that is no name')
      if (arg.kind === 'fraction') frame.bindValue(name.name, fraction(getLocal(local), true))
      else if (local - first >= params) throw new NotCompiled('a number behind one that need not be whole')
      else frame.bindLocal(name.name, local, isBoolean(arg))
      local += 1
      return []
    })
    const code =
      node.body.type === 'BlockStatement'
        ? codeOfBody(node.body, frame, this.#world)
        : frame.returns(compiled(node.body, frame, this.#world))
    const result = frame.result ?? 'nothing'
    const end = result === 'nothing' || node.body.type !== 'BlockStatement' ? [] : UNREACHABLE
    this.#functions.push({
      params,
      fractions,
      takesObject,
      hasResult: result !== 'nothing',
      locals: locals.count - ofParams,
      wideLocals: locals.wide.map((local) => local - ofParams),
      fractionLocals: locals.fractions.map((local) => local - ofParams),
      code: [...before, ...code, ...end],
    })
    return { index: HOST_FUNCTIONS.length + this.#functions.length - 1, result }
  }

  #errorOf(error: ThrownError): number {
    const known = this.errors.findIndex(({ type, text }) => type === error.type && text === error.text)
    return known >= 0 ? known : this.errors.push(error) - 1
  }
}

/** The expression of a function that does nothing but return it. */
function onlyResultOf({ body }: BlockStatement): Expression | undefined {
  const [only] = body
  return body.length === 1 && only?.type === 'ReturnStatement' ? (only.argument ?? undefined) : undefined
}
