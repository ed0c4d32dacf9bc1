import { Changes } from './changes.ts'
import { type CompiledMethod, Compiler, type Left, type Target } from './compile.ts'
import type { CompiledCode } from './install.ts'
import { compileModule } from './memory.ts'
import { holdsLock, isLock, isPrivate, objectsIn } from './placed-objects.ts'
import type { RoleOfEntries } from './replace-role-path.ts'
import { type RolePath, rolePathOf } from './role-path.ts'
import { type Path, Slots } from './slots.ts'
import { keepsState } from './source.ts'

/** Compiles the locks and sequence counters that `root` holds. It must have been placed by the opened build. */
export function compileLocks(root: object, target: Target): CompiledCode {
  const paths = objectsIn(root)
  const { ofWords, left } = locksIn(paths)
  // Where the CPU counts is known of a VM's run only.
  const compiler = new Compiler({ ...target, own: undefined })
  return codeOf(compiler, compiler.methodsOf(ofWords), left, paths)
}

/**
 * Compiles the locks of a VM, and the functions of the role on this CPU, as the fault path of a vCPU. `runRole`: of the opened build.
 */
export function compileVm(vm: object, runRole: unknown, target: Target, role: RoleOfEntries = 'vcpu'): CompiledCode {
  const path = rolePathOf(vm, runRole, target.cpu, role)
  if (path === undefined || target.own === undefined) return compileLocks(vm, target)
  const root = { vm, ...path.made }
  const paths = objectsIn(root)
  const { ofWords, left } = locksIn(paths)
  const changes = changesOf.get(vm) ?? new Changes([[runRole, ['runRole']], ...path.functions], paths.keys())
  changesOf.set(vm, changes)
  const slots = new Slots(changes, paths, target.own.slots, new Set(ofWords))
  const compiler = new Compiler(target, slots, { paths, namesOf: (callable) => changes.namesOf(callable) })
  const methods = compiler.methodsOf(ofWords)
  const functions = compileFunctions(compiler, path)
  const withoutVm = new Map([...paths].map(([object, [, ...names]]) => [object, names]))
  const code = codeOf(compiler, methods, left, withoutVm)
  return functions.length === 0
    ? code
    : {
        ...code,
        role,
        functions,
        slots: slots.placed,
        kept: slots.kept,
        keptArrays: slots.keptArrays,
        needsOpened: true,
      }
}

/** Each VM is compiled for several CPUs. */
const changesOf = new WeakMap<object, Changes>()

const compileFunctions = (compiler: Compiler, { entries }: RolePath): CompiledCode['functions'] =>
  entries.flatMap(({ name, source, args }) => {
    const exported = compiler.export(source, undefined, args, false)
    return exported === undefined ? [] : [{ name, ...exported }]
  })

function codeOf(
  compiler: Compiler,
  methods: readonly CompiledMethod[],
  left: readonly Left[],
  paths: ReadonlyMap<object, Path>,
): CompiledCode {
  return {
    module: compileModule(compiler.bytes),
    methods: methods.map(({ object, ...method }) => ({ ...method, path: paths.get(object)! })),
    role: undefined,
    functions: [],
    slots: [],
    kept: [],
    keptArrays: [],
    errors: compiler.errors,
    calls: compiler.calls,
    needsOpened: methods.some(({ object }) => paths.get(object)!.some(isPrivate)),
    left: [...compiler.left, ...left],
  }
}

/** Those that keep no state but their words, and the others. */
function locksIn(paths: ReadonlyMap<object, Path>): { readonly ofWords: readonly object[]; readonly left: Left[] } {
  const locks = [...paths.keys()].filter(isLock)
  const ofWords = locks.filter((lock) => !keepsState(lock))
  const left = locks.filter((lock) => !ofWords.includes(lock) && !holdsLock(lock))
  return { ofWords, left: left.map(leftWhole) }
}

const leftWhole = (lock: object) => ({ method: lock.constructor.name, why: 'it keeps state besides its words' })
