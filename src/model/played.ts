import type { Steps } from '../shared-memory/steps.ts'
import { Activations } from './activations.ts'

type Generator = (this: unknown, ...given: readonly unknown[]) => Steps<unknown>

const GENERATOR = Object.getPrototypeOf(function* () {}) as object

/** A function whose steps the CPU that it is given goes through; without one they are those of the caller. */
export function played(fn: Generator): (this: unknown, ...given: readonly unknown[]) => unknown {
  return Object.defineProperty(
    function (this: unknown, ...given: readonly unknown[]) {
      const steps = Reflect.apply(fn, this, given)
      const cpu = given.find((one) => one instanceof Activations)
      return cpu === undefined ? steps : cpu.goThrough(steps)
    },
    'name',
    { value: fn.name },
  )
}

/** The same of all methods of a class. */
export function playedIn(owner: { readonly prototype: object }): void {
  for (const holder of [owner, owner.prototype]) {
    for (const [key, { value, ...rest }] of Object.entries(Object.getOwnPropertyDescriptors(holder))) {
      const isGenerator = typeof value === 'function' && Object.getPrototypeOf(value) === GENERATOR
      if (isGenerator) Object.defineProperty(holder, key, { ...rest, value: played(value) })
    }
  }
}
