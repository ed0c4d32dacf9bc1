import type { ThreadCpu } from '../cpu.ts'
import { attachSlots, detachSlots, heldBy, keep } from './attach-slots.ts'
import { type CallBack, callBacks } from './call-back.ts'
import type { CompiledMethod, Exported, Left } from './compile.ts'
import { markCompiled } from './compiled-methods.ts'
import { HOST_FUNCTIONS } from './host.ts'
import { instantiate, type WasmMemory, type WasmModule } from './memory.ts'
import { type EntryName, type RoleOfEntries, replaceRolePath } from './replace-role-path.ts'
import type { KeptField, Path, PlacedSlot } from './slots.ts'
import type { ThrownError } from './world.ts'

type Method = (...args: unknown[]) => unknown
export type Methods = Record<string, Method>

/**
 * Methods of locks and sequence counters, and functions of a role, compiled for one CPU. It goes through `postMessage`, and
 * threads share its machine code.
 */
export type CompiledCode = {
  readonly module: WasmModule
  readonly methods: readonly (Omit<CompiledMethod, 'object'> & { readonly path: Path })[]
  /** Whose functions; undefined: there are none. */
  readonly role: RoleOfEntries | undefined
  readonly functions: readonly (Exported & { readonly name: EntryName })[]
  /** Where compiled functions find fields that change, of the VM and of what the role makes for itself. */
  readonly slots: readonly PlacedSlot[]
  /** Fields, and arrays, of the VM that compiled code takes for constants although something may change them. */
  readonly kept: readonly KeptField[]
  readonly keptArrays: readonly Path[]
  /** What compiled code throws, by number. */
  readonly errors: readonly ThrownError[]
  /** What compiled code calls in JavaScript, by number. */
  readonly calls: readonly CallBack[]
  /** Something is held by a private name, which only objects of the opened build have. */
  readonly needsOpened: boolean
  /** What stays in JavaScript, with the reasons. */
  readonly left: readonly Left[]
}

/** Puts compiled methods into the place of those of `root`, which was placed as the one that they were compiled from. */
export function installLocks(code: CompiledCode, root: object, cpu: ThreadCpu, memory: WasmMemory): void {
  installMethods(code, root, exportsOf(code, cpu, memory, []))
}

/** The same, and the functions of its role, which `runRole` of the same build calls. Once in a thread for each role. */
export function installCode(
  code: CompiledCode,
  vm: object,
  cpu: ThreadCpu,
  memory: WasmMemory,
  runRole: unknown,
): void {
  const roots: { readonly vm: object; fault?: object; stopwatch?: unknown } = { vm }
  const exports = exportsOf(code, cpu, memory, callBacks(code.calls, cpu, roots, runRole))
  installMethods(code, vm, exports)
  const { role } = code
  if (role === undefined) return
  const slotsOf = (root: string) => code.slots.filter(({ path }) => path[0] === root)
  attachSlots(slotsOf('vm'), { vm }, memory.buffer)
  keep(code.kept, code.keptArrays, { vm })
  const compiled = Object.fromEntries(code.functions.map((each) => [each.name, numeric(each, exports)]))
  const begin = (fault: object, stopwatch: unknown) => {
    if (roots.fault !== undefined) detachSlots(slotsOf('fault'), roots)
    attachSlots(slotsOf('fault'), { fault }, memory.buffer)
    roots.fault = fault
    roots.stopwatch = stopwatch
  }
  replaceRolePath({ compiled, role, vm, cpu: cpu.id, begin }, runRole)
}

function installMethods({ methods }: CompiledCode, root: object, exports: Methods): void {
  for (const method of methods) {
    const compiled = callable(method, exports)
    markCompiled(compiled)
    heldBy(root, method.path)[method.method] = compiled
  }
}

function exportsOf(
  { module, errors }: CompiledCode,
  cpu: ThreadCpu,
  memory: WasmMemory,
  calls: readonly ((...numbers: number[]) => void)[],
): Methods {
  const own = cpu as unknown as Methods
  const fail = (error: number) => {
    const { type, text } = errors[error]!
    throw type === 'RangeError' ? new RangeError(text) : new TypeError(text)
  }
  const host = HOST_FUNCTIONS.map(({ name, params, fractions = 0 }) => {
    return [name, hostCall(own, own[name]!, params + fractions)] as const
  })
  const callBack = (call: number, a: number, b: number, c: number, d: number) => calls[call]!(a, b, c, d)
  return instantiate(module, memory, { ...Object.fromEntries(host), fail, callBack }) as Methods
}

/** A method of the CPU for compiled code. It has exactly the parameters that are passed: V8 then calls it without an array of arguments. */
function hostCall(own: Methods, method: Method, params: number): Method {
  if (params === 0) return () => method.call(own)
  if (params === 1) return (first) => method.call(own, first)
  return (first, second) => method.call(own, first, second)
}

/** An export is called as the method was. With the arguments in an array, as few methods need, V8 calls it more slowly. */
function callable({ export: name, isBoolean }: Exported, exports: Methods): Method {
  const compiled = exports[name]!
  if (!isBoolean) return compiled
  return compiled.length <= 2
    ? (cpu, argument) => compiled(cpu, argument) !== 0
    : numeric({ export: name, isBoolean }, exports)
}

function numeric({ export: name, isBoolean }: Exported, exports: Methods): Method {
  const compiled = exports[name]!
  return isBoolean ? (...args) => compiled(...args) !== 0 : compiled
}
