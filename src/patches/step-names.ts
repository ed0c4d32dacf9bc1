import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { filesIn } from '../builds/modules.ts'

const DIST = fileURLToPath(new URL('..', import.meta.url))
const CPU = join('shared-memory', 'cpu.d.ts')

/** The members of protocols and locks by name, as far as a call shows whether it takes steps. */
export type StepNames = {
  /** A step of `Cpu`: `cpu.load(...)`. */
  readonly ofCpu: ReadonlySet<string>
  /** A method of `Cpu` that is no step: `cpu.count(...)`. */
  readonly plainOfCpu: ReadonlySet<string>
  /** Methods of everything else whose first argument is a cpu: `vm.mmuLock.readLock(cpu)`. */
  readonly methods: ReadonlySet<string>
  /** Types, which a module cannot import as values. */
  readonly types: ReadonlySet<string>
}

/** From the declarations that the program is shipped with, so that there is no list to forget. */
export function readStepNames(): StepNames {
  const ofCpu = new Set<string>()
  const plainOfCpu = new Set<string>()
  const steps = new Set<string>()
  const plain = new Set<string>()
  const types = new Set<string>()
  for (const name of ['shared-memory', 'protocols'].flatMap((folder) => filesIn(DIST, folder))) {
    if (!name.endsWith('.d.ts') || /\.(test|contract)\./.test(name)) continue
    const text = readFileSync(join(DIST, name), 'utf8')
    for (const [, type = ''] of text.matchAll(/^export (?:type|interface) (\w+)/gm)) types.add(type)
    for (const { method, first, isSteps } of methodsIn(text)) {
      if (name === CPU) (isSteps ? ofCpu : plainOfCpu).add(method)
      else if (first === 'cpu') (isSteps ? steps : plain).add(method)
    }
  }
  return { ofCpu, plainOfCpu, methods: new Set([...steps].filter((name) => !plain.has(name))), types }
}

/** Everything that a `Cpu` has. */
export function cpuMembers(): string[] {
  const text = readFileSync(join(DIST, CPU), 'utf8')
  const from = text.indexOf('export interface Cpu')
  return [...text.slice(from).matchAll(/^ +(?:readonly )?(\w+)\??[(:<]/gm)].map(([, name = '']) => name)
}

/** Methods and function properties, as TypeScript declares them: one per line, or with parameters on separate lines. */
function methodsIn(text: string): { readonly method: string; readonly first: string; readonly isSteps: boolean }[] {
  const declared = /^\s+(?:readonly )?(\w+)\??(?:<[^>(]*>)?(?:: )?\(\s*(\w*)[^)]*\)(?::| =>) (\w+)/gm
  return [...text.matchAll(declared)].map(([, method = '', first = '', result]) => {
    return { method, first, isSteps: result === 'Steps' }
  })
}
