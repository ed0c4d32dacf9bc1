import { readFileSync } from 'node:fs'
import { basename, extname } from 'node:path'
import { FaultlineError } from '../errors/faultline-error.ts'
import { noText } from '../errors/file-content.ts'
import type { PatchCode } from './code.ts'
import { isSteps } from './declared.ts'
import { emit, hashOf, type PatchText } from './emit.ts'
import { checkHouseRules, type Door } from './house-rules.ts'
import { JAVASCRIPT, TYPESCRIPT } from './patch-file.ts'
import { probe } from './probe.ts'
import { stripTypes } from './strip-types.ts'
import { checkTypes } from './types.ts'

/** A patch that was read, checked against the rules, and loaded once. */
export type ReadPatch = PatchText & { readonly patch: PatchCode }

/** Reads the patch that the user named, or says why it cannot be run. */
export async function readPatch(file: string, node: string): Promise<ReadPatch> {
  const text = textOf(file)
  const code = TYPESCRIPT.includes(extname(file)) ? await stripTypes(text, basename(file)) : text
  checkHouseRules(code, basename(file), await door())
  const read = { file, text, code, hash: hashOf(text) }
  const modules = emit(read)
  const [{ name }] = await Promise.all([probe(modules, basename(file)), checkTypes(file, node)])
  return { ...read, patch: { name, file, hash: read.hash, modules } }
}

function textOf(file: string): string {
  if (![...TYPESCRIPT, ...JAVASCRIPT].includes(extname(file))) {
    const why = /^\.c[jt]s$/.test(extname(file))
      ? 'it is CommonJS by its name, and a patch is a module: .ts, .mts, .js or .mjs'
      : 'its name must end with .ts, .mts, .js or .mjs'
    throw new FaultlineError('NO_PATCH', 'usage', `${file} is no patch: ${why}`, {
      hint: '`faultline new patch my-patch.ts --from precheck` writes one to begin with.',
    })
  }
  const text = readOrRefuse(file)
  const says = noText(text, 'a patch')
  if (says === undefined) return text
  throw new FaultlineError('NO_PATCH', 'usage', `${file} ${says}`, {
    hint: '`faultline new patch my-patch.ts --from precheck` writes one to begin with.',
  })
}

function readOrRefuse(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : `${code}`
    throw new FaultlineError('NO_FILE', 'usage', `${file} cannot be read: ${why}`, {
      hint: 'Paths are from the current folder; `faultline new patch FILE --from VARIANT` writes one.',
      cause,
    })
  }
}

/** The exports that a patch can import. */
export async function door(): Promise<Door> {
  const exported: Readonly<Record<string, unknown>> = await import('../protocols/index.ts')
  const names = Object.keys(exported)
  return { names: new Set(names), steps: new Set(names.filter((name) => isSteps(exported[name]))) }
}
