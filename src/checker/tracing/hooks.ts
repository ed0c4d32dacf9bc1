import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { LoadFnOutput, LoadHook, ResolveHook } from 'node:module'
import { basename, extname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { toTraced } from '../../builds/traced.ts'
import { FRAMES } from '../../builds/write.ts'
import { withLoopGuards } from '../../patches/loop-guards.ts'
import { stripTypes } from '../../patches/strip-types.ts'
import { withUntakenCalls } from './untaken-calls.ts'

// Node loads these hooks in a separate thread: user modules are traced while they are loaded, with all user modules that they import.

/** Marks the URL of a module that is to be traced; the text after it distinguishes two instances. */
export const MARK = 'faultline-traced'

const DIST = new URL('../../', import.meta.url).href
const UNTAKEN = new URL('untaken.js', import.meta.url).href
const CODE = ['.js', '.mjs', '.ts', '.mts']
/** The modules that the names of the library resolve to in a traced module. */
const DOORS: Readonly<Record<string, string>> = {
  'faultline/shared-memory': 'traced/shared-memory/index.js',
  'faultline/shared-memory/stepped': 'traced/shared-memory/index.js',
  'faultline/kvm': 'traced/protocols/index.js',
  'faultline/checker': 'checker/index.js',
}

let tracesAll = false

export function initialize(data: { readonly all: boolean } | undefined): void {
  tracesAll ||= data?.all === true
}

export const resolve: ResolveHook = async (specifier, context, next) => {
  const mark = markOf(context.parentURL) ?? (tracesAll ? 'all' : undefined)
  const door = mark === undefined ? undefined : DOORS[specifier]
  if (door !== undefined) return { url: DIST + door, shortCircuit: true }
  const resolved = await next(specifier, context)
  const isWanted = mark === undefined ? markOf(specifier) !== undefined : !isOurs(context.parentURL)
  const traced = isWanted ? tracedOf(resolved.url) : undefined
  if (traced !== undefined) return { url: traced, shortCircuit: true }
  if (mark === undefined) return resolved
  if (resolved.format === 'commonjs' && markOf(context.parentURL) !== undefined) await checkCommonJs(resolved.url)
  if (resolved.format === 'commonjs') return resolved
  if (!isTheirs(resolved.url) || markOf(resolved.url) !== undefined) return resolved
  return {
    ...resolved,
    url: `${resolved.url}${resolved.url.includes('?') ? '&' : '?'}${MARK}=${mark}`,
    format: 'module',
  }
}

export const load: LoadHook = async (url, context, next) => {
  if (markOf(url) === undefined || !isTheirs(url)) return next(url, context)
  const file = fileURLToPath(new URL(url))
  const text = await readFile(file, 'utf8')
  const code = /ts$/.test(extname(file)) ? await stripTypes(text, basename(file)) : text
  const name = basename(file)
  const traced = toTraced(withUntakenCalls(code, name, UNTAKEN), name, pathToFileURL(FRAMES).href, true)
  return { format: 'module', source: withLoopGuards(traced, name), shortCircuit: true } satisfies LoadFnOutput
}

/** Refuses untraceable modules that take steps: these would run between visible steps without being visible. */
async function checkCommonJs(url: string): Promise<void> {
  const file = fileURLToPath(new URL(url))
  if (!/function\s*\*|\*\s*\w+\s*\([^)]*\)\s*\{/.test(await readFile(file, 'utf8'))) return
  throw new Error(`${file} is CommonJS, has generator functions and cannot be traced: make it an ES module`)
}

const markOf = (url: string | undefined): string | undefined =>
  url?.startsWith('file:') ? (new URL(url).searchParams.get(MARK) ?? undefined) : undefined

const isOurs = (url: string | undefined): boolean => url?.startsWith(DIST) ?? false

/** The traced build of one of our modules that takes steps, whichever build was named. */
function tracedOf(url: string): string | undefined {
  if (!isOurs(url)) return undefined
  const path = new URL(url).pathname.slice(new URL(DIST).pathname.length)
  const traced = new URL(`traced/${path.replace(/^(direct|traced)\//, '')}`, DIST)
  return existsSync(traced) ? traced.href : undefined
}

/** Modules that are not ours. A package in which a traced module takes steps is traced too, so that no step is invisible. */
const isTheirs = (url: string): boolean =>
  url.startsWith('file:') && !isOurs(url) && CODE.includes(extname(new URL(url).pathname))
