import type { Steps } from '../../shared-memory/steps.ts'

/** A call in which a protocol is suspended: its place, whether its answer is ignored, and the locals that are still live. */
type Frame = { readonly site: string; readonly ignores: boolean; readonly locals: readonly unknown[] }

/** The calls in which an actor is suspended, the outermost first. */
export type Frames = Frame[]

/** The frames of the actor that runs at the moment; there is only one at a time. */
let current: Frames = []

export function enterActor(frames: Frames): void {
  current = frames
}

/**
 * The traced form of `yield* steps` is `left(yield* at(site, ignores, locals, steps))`: the same behaviour, observable from
 * outside. `site` is `function file:line`, `locals` are live after it. Two calls and no generator, which each step would have
 * to pass through.
 */
export function at<T>(site: string, ignores: boolean, locals: readonly unknown[], steps: Steps<T>): Steps<T> {
  current.push({ site, ignores, locals })
  return steps
}

/** The steps have ended with this result. */
export function left<T>(result: T): T {
  current.pop()
  return result
}

/** The traced form of the iterable in `for (const item of items)` with steps: the position in it is local state too. */
export const each = <T>(items: Iterable<T>): Generator<T, void, undefined> => turns(items, [0])

/** The same for items without a name, such as those of a copy: they are local state as well. */
export const eachOf = <T>(items: Iterable<T>): Generator<T, void, undefined> => turns(items, [0, items])

function* turns<T>(items: Iterable<T>, locals: [at: number, items?: Iterable<T>]): Generator<T, void, undefined> {
  const frames = current
  frames.push({ site: 'each', ignores: false, locals })
  try {
    for (const item of items) {
      yield item
      locals[0] += 1
    }
  } finally {
    frames.pop()
  }
}

/** The place of the innermost function that is not a lock's or a word's: `isPageFaultStale protocols/retry.js:12:10`. */
export function siteOf(frames: Frames): string {
  const own = frames.findLast(({ site }) => !site.includes(' shared-memory/') && site !== 'each') ?? frames.at(-1)
  return own?.site ?? ''
}
