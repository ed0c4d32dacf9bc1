import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type ImportDeclaration, parse } from 'acorn'
import { toDirect } from '../builds/direct.ts'
import { toFlat } from '../builds/flat.ts'
import { blank } from '../builds/marks.ts'
import { BUILDS, type Build, folderOf } from '../builds/modules.ts'
import { toOpened } from '../builds/opened.ts'
import { toTraced } from '../builds/traced.ts'
import { FRAMES, PLAYED } from '../builds/write.ts'
import { cacheFolder, writeWhole } from './cache.ts'
import type { PatchCode } from './code.ts'
import { frozen } from './frozen.ts'
import { withLoopGuards } from './loop-guards.ts'
import { DOOR } from './rules/world.ts'

const DIST = fileURLToPath(new URL('..', import.meta.url))

/** A patch that has been read: its text, and the JavaScript of it, place by place the same. */
export type PatchText = { readonly file: string; readonly text: string; readonly code: string; readonly hash: string }

export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

/** Writes the builds of a patch, each with the entry module of its build. */
export function emit({ file, code, hash }: PatchText): PatchCode['modules'] {
  const name = basename(file)
  const folder = cacheFolder(hashOf([hash, resolve(file), STEPPED_DOOR].join('\0')))
  const urls = BUILDS.map((build) => {
    const target = join(folder, build, `${name}.mjs`)
    writeWhole(
      target,
      `${withDoor(FORMS[build](code, name), build)}\n${frozen(code)}\n${sourceMap(code, resolve(file))}\n`,
    )
    return [build, pathToFileURL(target).href] as const
  })
  return Object.fromEntries(urls) as PatchCode['modules']
}

/** The module of a patch as it was read: without the door of a build. */
export function codeOf({ modules }: Pick<PatchCode, 'modules'>): string {
  const text = readFileSync(fileURLToPath(modules.stepped), 'utf8')
  return text.replace(JSON.stringify(doorOf('stepped')), JSON.stringify(DOOR))
}

/** Writes the traced build of another text of a patch to a folder; returns its URL. */
export function emitTraced(code: string, name: string, folder: string): string {
  const target = join(folder, `${name}.mjs`)
  writeWhole(target, withDoor(FORMS.traced(code, name), 'traced'))
  return pathToFileURL(target).href
}

const FORMS: Readonly<Record<Build, (code: string, name: string) => string>> = {
  stepped: (code) => code,
  direct: (code, name) => toDirect(withLoopGuards(code, name), name),
  opened: (code, name) => toOpened(toDirect(withLoopGuards(code, name), name)),
  flat: (code, name) => withLoopGuards(toFlat(code, pathToFileURL(PLAYED).href, true), name),
  traced: (code, name) => withLoopGuards(toTraced(code, name, pathToFileURL(FRAMES).href, true), name),
}

/** The stepped one is the program's own, from where this module is: a patch and the program have the same classes and objects. */
const STEPPED_DOOR = new URL('../protocols/index.js', import.meta.url).href

const doorOf = (build: Build) =>
  build === 'stepped' ? STEPPED_DOOR : pathToFileURL(join(DIST, folderOf(build), 'protocols', 'index.js')).href

/** The same module, which finds `faultline/kvm` wherever it lies itself. */
function withDoor(text: string, build: Build): string {
  const door = doorOf(build)
  const { body } = parse(text, { ecmaVersion: 'latest', sourceType: 'module' })
  const doors = body.filter((node): node is ImportDeclaration => {
    return node.type === 'ImportDeclaration' && node.source.value === DOOR
  })
  return blank(
    text,
    doors.map(({ source }) => [source.start, source.end, JSON.stringify(door)]),
  )
}

/** Each line leads to the same line of the user's file, so that a breakpoint there is one here. */
function sourceMap(code: string, file: string): string {
  const mappings = `AAAA${';AACA'.repeat(code.split('\n').length - 1)}`
  const map = { version: 3, sources: [pathToFileURL(file).href], names: [], mappings }
  return `//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`
}
