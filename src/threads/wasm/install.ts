import type { ThreadCpu } from '../cpu.ts'
import type { Compiled, CompiledMethod } from './compile.ts'
import { HOST_FUNCTIONS } from './host.ts'
import { instantiate, type WasmMemory, type WasmModule } from './memory.ts'

type Method = (...args: unknown[]) => unknown
export type Methods = Record<string, Method>

/** The names by which an object is held, from a root to it. */
export type Path = readonly string[]

/** The methods of locks and sequence counters, compiled for one CPU. It goes through `postMessage`, and threads share its machine code. */
export type CompiledLocks = {
  readonly module: WasmModule
  readonly methods: readonly (Omit<CompiledMethod, 'object'> & { readonly path: Path })[]
  /** A lock is held by a private name, which only objects of the opened build have. */
  readonly needsOpened: boolean
  /** The methods that stay in JavaScript, with the reasons. */
  readonly left: Compiled['left']
}

/** Puts compiled methods into the place of those of `root`, which was placed as the one that they were compiled from. */
export function installLocks(
  { module, methods }: CompiledLocks,
  root: object,
  cpu: ThreadCpu,
  memory: WasmMemory,
): void {
  const own = cpu as unknown as Methods
  const host = HOST_FUNCTIONS.map(({ name, params }) => [name, hostCall(own, own[name]!, params)] as const)
  const exports = instantiate(module, memory, Object.fromEntries(host)) as Methods
  for (const method of methods) heldBy(root, method.path)[method.method] = callable(method, exports)
}

/** A method of the CPU for compiled code. It has exactly the parameters that are passed: V8 then calls it without an array of arguments. */
function hostCall(own: Methods, method: Method, params: number): Method {
  if (params === 0) return () => method.call(own)
  if (params === 1) return (first) => method.call(own, first)
  return (first, second) => method.call(own, first, second)
}

const heldBy = (root: object, path: Path): Methods =>
  path.reduce((object, name) => object[name] as unknown as Methods, root as Methods)

/** An export is called as the method was. */
function callable({ export: name, isBoolean }: Omit<CompiledMethod, 'object'>, exports: Methods): Method {
  const compiled = exports[name]!
  return isBoolean ? (cpu, argument) => compiled(cpu, argument) !== 0 : compiled
}
