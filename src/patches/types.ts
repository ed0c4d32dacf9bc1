import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, extname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { FaultlineError } from '../errors/faultline-error.ts'
import { cacheFolder, writeWhole } from './cache.ts'
import { hashOf } from './emit.ts'

const DIST = fileURLToPath(new URL('..', import.meta.url))
const MOST_SAID = 8

/** Checks the types of the file, if a TypeScript compiler is installed beside the file or beside this program. */
export async function checkTypes(file: string, node: string): Promise<void> {
  const tsc = extname(file).endsWith('ts') ? compilerFor(file) : undefined
  if (tsc === undefined) return
  const errors = await errorsOf(tsc, resolve(file), node)
  if (errors.length === 0) return
  const more = errors.length > MOST_SAID ? [`and ${errors.length - MOST_SAID} more`] : []
  throw new FaultlineError('PATCH_TYPES', 'usage', [...errors.slice(0, MOST_SAID), ...more].join('\n'), {
    hint: 'TypeScript reports this; nothing was run. A file that ends with .js is not checked for types.',
  })
}

function compilerFor(file: string): string | undefined {
  for (const from of [resolve(file), fileURLToPath(import.meta.url)]) {
    try {
      const packageFile = createRequire(from).resolve('typescript/package.json')
      const tsc = join(dirname(packageFile), 'bin', 'tsc')
      if (existsSync(tsc)) return tsc
    } catch {
      // Not beside this one.
    }
  }
  return undefined
}

/** Errors in the file itself: what else a compiler of another version may object to is not the user's. */
async function errorsOf(tsc: string, file: string, node: string): Promise<string[]> {
  const config = join(cacheFolder(hashOf(`types\0${file}\0${DIST}`)), 'tsconfig.json')
  const options = {
    target: 'es2022',
    lib: ['es2023'],
    module: 'nodenext',
    moduleResolution: 'nodenext',
    types: [],
    strict: true,
    noImplicitAny: false,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    paths: { 'faultline/kvm': [join(DIST, 'protocols', 'index.d.ts')] },
  }
  writeWhole(config, JSON.stringify({ compilerOptions: options, files: [file] }))
  const output = await promisify(execFile)(node, [tsc, '--pretty', 'false', '-p', config], { cwd: dirname(file) })
    .then(({ stdout }) => stdout)
    .catch(({ stdout }: { readonly stdout?: string }) => stdout ?? '')
  return errorLines(output, dirname(file), file)
}

/** `my-yield.ts(3,7): error TS2322: ...` as `my-yield.ts:3:7: ...`. */
function errorLines(output: string, folder: string, file: string): string[] {
  const found = [...output.matchAll(/^(.+?)\((\d+),(\d+)\): error TS\d+: (.*)$/gm)]
  return found
    .filter(([, name = '']) => resolve(folder, name) === file)
    .map(([, name = '', line, column, message]) => `${name}:${line}:${column}: ${message}`)
}
