import { fileURLToPath } from 'node:url'

const DIST = new URL('..', import.meta.url).href
/** The URL prefix of our own source files in stack frames, where source maps are enabled. */
const SRC = new URL('../../src/', import.meta.url).href

type Frame = { readonly file: string; readonly line: string; readonly column: string; readonly name: string }

/** The place of the innermost call of a stack in the module of a URL, as `line:column`; the lines are those of the user's file. */
export function placeInStack(stack: string, url: string): string | undefined {
  const from = stack.indexOf(url)
  const [, line, column] = /^:(\d+):(\d+)/.exec(from < 0 ? '' : stack.slice(from + url.length)) ?? []
  return line === undefined ? undefined : `${line}:${column}`
}

/** The place in user code where an error was thrown, as `my-yield.ts:12:3, in rwlockNeedbreak()`; undefined if it was thrown elsewhere. */
export function whereThrown(error: unknown): string | undefined {
  const stack = error instanceof Error || isLikeError(error) ? String(error.stack) : ''
  const frame = framesOf(stack).find(({ file }) => !isOfOthers(file))
  if (frame === undefined) return undefined
  const { file, line, column, name } = frame
  return `${nameOf(file)}:${line}:${column}${name === '' ? '' : `, in ${name}()`}`
}

/** The same after a verb: `at my-yield.ts:12:3, in rwlockNeedbreak()`; without the place where the message ends with it. */
export function atThrown(error: unknown): string | undefined {
  const place = whereThrown(error)
  if (place === undefined) return undefined
  const [, fn] = /, (in .+)$/.exec(place) ?? []
  const isSaid = / at [^/]+:\d+:\d+$/.test(error instanceof Error ? error.message : '')
  return isSaid && fn !== undefined ? fn : `at ${place}`
}

/** Whether a file belongs to this program, or to a package that the user's code imports. */
const isOfOthers = (file: string) => file.startsWith(DIST) || file.startsWith(SRC) || file.includes('/node_modules/')

/** An object from another thread has lost its class. */
const isLikeError = (error: unknown): error is { readonly stack: string } =>
  typeof error === 'object' && error !== null && typeof Reflect.get(error, 'stack') === 'string'

function framesOf(stack: string): Frame[] {
  const lines = [...stack.matchAll(/^\s+at (?:async )?(?:(.+?) (?:\[as .+\] )?\()?(file:\/\/.+?):(\d+):(\d+)\)?$/gm)]
  return lines.map(([, name = '', file = '', line = '', column = '']) => {
    return { file, line, column, name: name.replace(/^(?:Object|Module)\./, '').replace(/\.next$/, '') }
  })
}

/** The user's name of the file: its builds have the same name with one more extension. */
const nameOf = (url: string): string =>
  fileURLToPath(new URL(new URL(url).pathname, 'file:///'))
    .split(/[/\\]/)
    .at(-1)!
    .replace(/(\.m?[jt]s)\.mjs$/, '$1')
