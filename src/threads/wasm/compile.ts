import { encodeModule, type WasmFunction } from './encode.ts'
import { compiled, type World } from './expressions.ts'
import { Frame } from './frame.ts'
import { HOST_FUNCTIONS, WAKE } from './host.ts'
import { call, UNREACHABLE } from './instructions.ts'
import type { SlowPathEnd } from './operations.ts'
import { methodOf, type Source, steppedMethodsOf } from './source.ts'
import { codeOfBody } from './statements.ts'
import { boolean, CPU, codeOf, known, NotCompiled, nothing, number, type Value } from './values.ts'

/** A method that has been compiled, and under which name the module exports it. */
export type CompiledMethod = {
  readonly object: object
  readonly method: string
  readonly export: string
  readonly isBoolean: boolean
}

export type Compiled = {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly methods: readonly CompiledMethod[]
  /** Methods that stay in JavaScript, and what in them could not be compiled. */
  readonly left: readonly { readonly method: string; readonly why: string }[]
}

/** The target of the compilation. */
export type Target = {
  readonly cpu: number
  readonly sleepersWord: number
  readonly slowPathEnd: SlowPathEnd
  /** How large the memory is. */
  readonly pages: number
}

type Done = { readonly index: number; readonly result: Frame['result'] }

/**
 * Compiles the methods of placed objects for one CPU. They are read from the opened build, so their only source is the one that the
 * checker explores; as the objects are there already, and keep no state but their words, those words, all fields and the number of
 * the CPU are constants.
 */
export function compileMethods(objects: readonly object[], target: Target): Compiled {
  const compiler = new Compiler(target)
  const methods: CompiledMethod[] = []
  const left: { method: string; why: string }[] = []
  const exports: { name: string; index: number }[] = []
  for (const object of objects) {
    for (const method of steppedMethodsOf(object)) {
      const source = methodOf(object, method)!
      try {
        const { index, result } = compiler.compileMethod(object, source)
        const name = `${methods.length}`
        exports.push({ name, index })
        methods.push({ object, method, export: name, isBoolean: result === 'boolean' })
      } catch (error) {
        if (!(error instanceof NotCompiled)) throw error
        left.push({ method: source.name, why: error.message })
      }
    }
  }
  return {
    bytes: encodeModule({ imports: HOST_FUNCTIONS, functions: compiler.functions, exports, pages: target.pages }),
    methods,
    left,
  }
}

class Compiler {
  readonly functions: WasmFunction[] = []
  readonly #world: World
  /** By function, its object and the known arguments. */
  readonly #done = new Map<string, Done | 'under way'>()
  readonly #identities = new Map<unknown, number>()

  constructor({ cpu, sleepersWord, slowPathEnd }: Target) {
    this.#world = {
      cpu,
      machine: { sleepers: { word: sleepersWord, wake: WAKE }, slowPathEnd },
      invoke: (source, self, args) => this.#invoke(source, self, args),
    }
  }

  /** For callers in JavaScript: they give the CPU, which is known, and numbers. */
  compileMethod(object: object, source: Source): Done {
    const numbers = source.node.params.slice(1).map(() => number([]))
    return this.#compile(source, object, [known(CPU), ...numbers], true)
  }

  #invoke(source: Source, self: unknown, args: readonly Value[]): Value {
    const { index, result } = this.#specialise(source, self, args)
    const passed = args.filter(({ kind }) => kind !== 'known').map(codeOf)
    const code = [...passed.flat(), ...call(index)]
    if (result === 'nothing') return nothing(code)
    return result === 'boolean' ? boolean(code) : number(code)
  }

  #specialise(source: Source, self: unknown, args: readonly Value[]): Done {
    const given = args.map((arg) => this.#textOf(arg))
    const key = [this.#identityOf(source), this.#identityOf(self), ...given].join()
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
    const { node } = source
    if (node.async || node.generator) throw new NotCompiled('a function that is async, or a generator')
    const params = args.filter(({ kind }) => kind !== 'known').length
    const first = takesObject ? 1 : 0
    const frame = new Frame(source, self, params + first)
    bind(source, args, frame, first)
    const code =
      node.body.type === 'BlockStatement'
        ? codeOfBody(node.body, frame, this.#world)
        : frame.returns(compiled(node.body, frame, this.#world))
    const result = frame.result ?? 'nothing'
    const end = result === 'nothing' || node.body.type !== 'BlockStatement' ? [] : UNREACHABLE
    this.functions.push({
      params,
      takesObject,
      hasResult: result !== 'nothing',
      locals: frame.locals - params - first,
      code: [...code, ...end],
    })
    return { index: HOST_FUNCTIONS.length + this.functions.length - 1, result }
  }

  #textOf(value: Value): string {
    if (value.kind !== 'known') return value.kind === 'computed' && value.isBoolean ? 'boolean' : 'number'
    return typeof value.value === 'object' || typeof value.value === 'symbol'
      ? `#${this.#identityOf(value.value)}`
      : (JSON.stringify(value.value) ?? 'undefined')
  }

  #identityOf(value: unknown): number {
    const identity = this.#identities.get(value) ?? this.#identities.size
    this.#identities.set(value, identity)
    return identity
  }
}

/** The names of the parameters: known values as they are, all others as locals in the order in which they are given. */
function bind({ node }: Source, args: readonly Value[], frame: Frame, first: number): void {
  let local = first
  for (const [index, param] of node.params.entries()) {
    if (param.type !== 'Identifier') throw new NotCompiled('a parameter with a default, or a pattern')
    const arg = args[index] ?? known(undefined)
    if (arg.kind === 'known') frame.bindValue(param.name, arg)
    else {
      frame.bindLocal(param.name, local, arg.kind === 'computed' && arg.isBoolean)
      local += 1
    }
  }
}
