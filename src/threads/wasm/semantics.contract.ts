import { toOpened } from '../../builds/opened.ts'
import { targetOf } from '../compile-for.ts'
import { cpuFor } from '../for-words.ts'
import { allocate, type Memory } from '../memory.ts'
import { attachSlots, keep } from './attach-slots.ts'
import { Changes } from './changes.ts'
import { Compiler, type Left } from './compile.ts'
import { installLocks } from './install.ts'
import { compileModule } from './memory.ts'
import { objectsIn } from './placed-objects.ts'
import { Slots } from './slots.ts'

type Run = (cpu: unknown, ...args: unknown[]) => unknown
export type Subject = Record<string, unknown> & { run: Run }

/** An object whose `run(cpu, a, b)` has this body, as the opened build has it. `members`: what else its class has; `module`: its module. */
export function subjectOf(body: string, members = '', module = ''): Subject {
  const text = toOpened(`${module}\nclass Subject { ${members}\nrun(cpu, a, b) { ${body} } }`)
  const Subject = new Function(`${text}; return Subject`)() as new () => Subject
  return new Subject()
}

const newMemory = (words: readonly number[]): Required<Memory> => {
  const memory = allocate({ words: 64 }, 'wasm', 1) as Required<Memory>
  memory.words.set(words)
  return memory
}

/** Compiles `run`, and all that it calls, with slots for the fields that change; returns what could not be compiled. */
export function compileSubject(subject: object, memory: Required<Memory>): readonly Left[] {
  const cpu = cpuFor(0, memory)
  const target = targetOf(0, memory, false)
  const paths = objectsIn({ vm: subject })
  const slots = new Slots(new Changes([], paths.keys()), paths, target.own!.slots, new Set())
  const compiler = new Compiler(target, slots, { paths, namesOf: () => undefined })
  const methods = compiler.methodsOf([subject]).map(({ object: _, ...method }) => ({ ...method, path: [] }))
  const { errors, calls, left } = compiler
  const rest = { role: undefined, functions: [], slots: [], kept: [], keptArrays: [], needsOpened: true }
  installLocks(
    { module: compileModule(compiler.bytes), methods, errors, calls, left, ...rest },
    subject,
    cpu,
    memory.wasm,
  )
  attachSlots(slots.placed, { vm: subject }, memory.wasm.buffer)
  keep(slots.kept, slots.keptArrays, { vm: subject })
  return left
}

/** What a method does: its result or error, and words and fields afterwards. */
export type Outcome = { readonly result: unknown; readonly words: readonly number[]; readonly fields: unknown }

function outcomeOf(subject: Subject, memory: Memory, calls: readonly (readonly unknown[])[]): Outcome {
  const cpu = cpuFor(0, memory)
  const result = calls.map((args) => {
    try {
      return subject.run(cpu, ...args)
    } catch (error) {
      return (error as Error).name
    }
  })
  const fields = Object.fromEntries(Object.entries(subject).filter(([, value]) => typeof value !== 'function'))
  return { result, words: [...memory.words], fields: JSON.parse(JSON.stringify(fields)) }
}

/** What the same calls do in JavaScript, and compiled; what was left is not compiled. */
export function outcomes(make: () => Subject, calls: readonly (readonly unknown[])[], words: readonly number[] = []) {
  const [plain, compiled] = [make(), make()]
  const memories = [newMemory(words), newMemory(words)] as const
  const left = compileSubject(compiled, memories[1])
  return { left, plain: outcomeOf(plain, memories[0], calls), compiled: outcomeOf(compiled, memories[1], calls) }
}
