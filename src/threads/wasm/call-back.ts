import { heldBy } from './attach-slots.ts'
import type { Names } from './changes.ts'
import { originalOf } from './replace-role-path.ts'
import type { Path } from './slots.ts'

/** What a function in JavaScript is called with: what is known, or the next number that compiled code gives. */
export type GivenArgument =
  | { readonly kind: 'cpu' | 'number' | 'boolean' }
  | { readonly kind: 'held'; readonly path: Path }
  | { readonly kind: 'constant'; readonly value: string | number | boolean | undefined }

/** A function that compiled code calls as it is: a method of what is held, or a function of a module. */
export type CallBack = {
  readonly method?: { readonly path: Path; readonly name: string }
  readonly names?: Names
  readonly args: readonly GivenArgument[]
}

/** The most numbers that one is given. */
export const MOST_NUMBERS = 4

type Callable = (...args: unknown[]) => unknown

/** By number, the functions as compiled code calls them. `roots`: the VM, and the fault that is under way. */
export function callBacks(
  calls: readonly CallBack[],
  cpu: unknown,
  roots: Readonly<Record<string, unknown>>,
  runRole: unknown,
) {
  return calls.map(({ method, names, args }) => {
    const named =
      names === undefined
        ? undefined
        : (functionNamed({ runRole, kvm: (roots.vm as { readonly kvm: object }).kvm }, names) as Callable)
    return (...numbers: readonly number[]): void => {
      let next = 0
      const values = args.map((arg) => {
        if (arg.kind === 'cpu') return cpu
        if (arg.kind === 'held') return heldBy(roots, arg.path)
        if (arg.kind === 'constant') return arg.value
        const value = numbers[next]!
        next += 1
        return arg.kind === 'boolean' ? value !== 0 : value
      })
      if (named !== undefined) named(...values)
      else {
        const holder = heldBy(roots, method!.path) as Record<string, Callable>
        holder[method!.name]!(...values)
      }
    }
  })
}

/** What the names lead to, from a table of functions on: each is of the module of the function before, or of the table. */
const functionNamed = (table: object, names: Names): unknown =>
  names.reduce((from: unknown, name): unknown => {
    const inner = typeof from === 'function' ? originalOf(from).$scope!() : (from as object)
    return (inner as Readonly<Record<string, unknown>>)[name]
  }, table)
