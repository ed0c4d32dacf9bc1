import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { toDirect } from './direct.ts'
import { toFlat } from './flat.ts'
import { filesIn, isForTests, STEPPED_FOLDERS } from './modules.ts'
import { toOpened } from './opened.ts'
import { toTraced } from './traced.ts'

const TOOLS = fileURLToPath(new URL('.', import.meta.url))
/** The module that the traced build calls at each step: the checker's, which exists only once. */
export const FRAMES = join(TOOLS, '..', 'checker', 'tracing', 'frames.js')
/** The module with which the flat build wraps generators that could not be converted. */
export const PLAYED = join(TOOLS, '..', 'model', 'played.js')
/** The checks, and the contract of locks, say which CPU takes which steps, so they are traced too. */
const TRACED_FOLDERS = [...STEPPED_FOLDERS, join('checker', 'checks'), join('checker', 'lock')]

/** In the direct build a step is an ordinary call, so its type is the result itself. */
const DIRECT_STEPS = `/** The direct build: a step is an ordinary call and returns its result. */
export type Steps<T> = T;
`

/** Writes the builds derived from the compiled modules in `dist`; files that are not outdated stay. */
export function writeBuilds(dist: string): void {
  const toolMs = newestMs()
  for (const name of STEPPED_FOLDERS.flatMap((folder) => filesIn(dist, folder)).filter((file) => !isForTests(file))) {
    write(dist, name, join(dist, 'direct', name), toolMs, direct)
    if (/\.d\.ts(\.map)?$/.test(name)) continue
    write(dist, name, join(dist, 'opened', name), toolMs, opened)
    const target = join(dist, 'flat', name)
    write(dist, name, target, toolMs, flat(target))
  }
  writeTraced(dist, join(dist, 'traced'))
}

/**
 * Writes the traced build of the modules in `from` to `to`; those that are there and not older stay. `change` may make
 * something else of a module first.
 */
export function writeTraced(from: string, to: string, change?: (name: string, text: string) => string): void {
  const toolMs = newestMs()
  for (const folder of TRACED_FOLDERS) {
    for (const name of filesIn(from, folder)) {
      if (!name.endsWith('.js') || isForTests(name)) continue
      const target = join(to, name)
      const traced = (_: string, text: string) =>
        toTraced(change === undefined ? text : change(name, text), name, framesFrom(target))
      write(from, name, target, change === undefined ? toolMs : Number.POSITIVE_INFINITY, traced)
    }
  }
}

/** The specifier with which a module written to `target` imports another. */
const importFrom = (target: string, module: string): string =>
  `./${relative(dirname(target), module).replaceAll(sep, '/')}`

/** The specifier with which a module of the traced build imports the function called at each step. */
export const framesFrom = (target: string): string => importFrom(target, FRAMES)

function write(
  root: string,
  name: string,
  target: string,
  toolMs: number,
  change: (name: string, text: string) => string,
): void {
  const from = join(root, name)
  if (existsSync(target) && ageMs(target) >= Math.max(ageMs(from), toolMs)) return
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, change(name, readFileSync(from, 'utf8')))
}

function direct(name: string, text: string): string {
  if (name.endsWith('.js')) return toDirect(text, name)
  if (name.endsWith('.map')) return text.replaceAll('"../', '"../../')
  return name.endsWith(join('shared-memory', 'steps.d.ts')) ? DIRECT_STEPS : text
}

const opened = (name: string, text: string): string =>
  name.endsWith('.js') ? toOpened(toDirect(text, name)) : direct(name, text)

const flat = (target: string) => (name: string, text: string) =>
  name.endsWith('.map') ? text.replaceAll('"../', '"../../') : toFlat(text, importFrom(target, PLAYED))

const ageMs = (file: string) => statSync(file).mtimeMs

/** The compile time of the newest tool: files written by an older one are rewritten. */
const newestMs = () => Math.max(...readdirSync(TOOLS).map((name) => ageMs(join(TOOLS, name))))
