import type { Steps } from '../../shared-memory/steps.ts'

/** A call that a protocol stands in: which one, whether its answer is ignored, and the locals that it may still look at. */
type Frame = { readonly site: string; readonly ignores: boolean; readonly locals: readonly unknown[] }

/** The calls that an actor stands in, the outermost first. */
export type Frames = Frame[]

/** The frames of the actor that runs at the moment; there is only one at a time. */
let current: Frames = []

export function enterActor(frames: Frames): void {
  current = frames
}

/**
 * What `yield* steps` becomes in the traced build: the same, seen from outside. `site` is `function file:line`, `locals` what
 * is live after it.
 */
export function* at<T>(site: string, ignores: boolean, locals: readonly unknown[], steps: Steps<T>): Steps<T> {
  const frames = current
  frames.push({ site, ignores, locals })
  const result = yield* steps
  frames.pop()
  return result
}

/** What `for (const item of items)` goes over in the traced build, if it takes steps: the place in it is local state too. */
export function* each<T>(items: Iterable<T>): Generator<T, void, undefined> {
  const frames = current
  const locals = [0]
  frames.push({ site: 'each', ignores: false, locals })
  try {
    for (const item of items) {
      yield item
      locals[0]! += 1
    }
  } finally {
    frames.pop()
  }
}

/** Where the innermost function stands that is not a lock's or a word's: `isPageFaultStale protocols/retry.js:12:10`. */
export function siteOf(frames: Frames): string {
  const own = frames.findLast(({ site }) => !site.includes(' shared-memory/') && site !== 'each') ?? frames.at(-1)
  return own?.site ?? ''
}
