import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Node } from 'acorn'
import { full } from 'acorn-walk'
import { FaultlineError } from '../errors/faultline-error.ts'
import type { PatchCode } from './code.ts'
import type { Declared } from './declared.ts'
import { parsed, refuseIfAny } from './house-rules.ts'
import { placeInStack } from './place-in.ts'
import type { Begins, Probed } from './probe-worker.ts'

/** A module that does not answer within this time does not end. */
const SILENT_MS = 10_000

/** Loads a patch for the first time, in isolation, and returns its declaration, or the error. */
export async function probe(
  modules: PatchCode['modules'],
  file: string,
): Promise<Declared & { readonly name: string }> {
  const probed = await ask(modules.stepped)
  if (probed === undefined) {
    // Loops of the other builds are guarded, and say where they do not end.
    const guarded = await ask(modules.direct)
    const [where = file] = (guarded !== undefined && 'failed' in guarded && /\S+:\d+:\d+$/.exec(guarded.failed)) || []
    throw new FaultlineError('PATCH_ENDLESS', 'usage', `${where} does not finish loading`, {
      hint: 'Code outside of functions runs on loading: declare there, and compute in functions.',
    })
  }
  if ('failed' in probed) {
    const place = placeInStack(probed.stack, modules.stepped)
    const where = place === undefined ? file : `${file}:${place}`
    throw new FaultlineError('PATCH_THROWS', 'usage', `${where} throws when ${probed.when}: ${probed.failed}`, {
      hint: 'Nothing was run. `FAULTLINE_TRACE=1` prints the stack.',
    })
  }
  const { declared, problems } = probed
  if (declared.problem === undefined) {
    refuseIfAny(problems, file)
    return declared
  }
  const at = placeOf(readFileSync(fileURLToPath(modules.stepped), 'utf8'), declared.of)
  throw new FaultlineError('NO_PATCH', 'usage', `${file}${at} is no patch: ${declared.problem}`, {
    hint: '`faultline new patch FILE --from VARIANT` writes one to begin with.',
  })
}

/** The place of a function in `replaces`, or of the default export; empty if the file has none. */
function placeOf(code: string, entry: string | undefined): string {
  const tree = parsed(code, '')
  let found: Node | undefined = tree.body.find(({ type }) => type === 'ExportDefaultDeclaration')
  full(tree, (node) => {
    if (node.type !== 'Property' || node.key.type !== 'Identifier' || node.key.name !== 'replaces') return
    const replaced = node.value.type === 'ObjectExpression' ? node.value.properties : []
    found =
      replaced.find((own) => own.type === 'Property' && own.key.type === 'Identifier' && own.key.name === entry) ??
      found
  })
  return found?.loc ? `:${found.loc.start.line}:${found.loc.start.column + 1}` : ''
}

function ask(url: string): Promise<Probed | undefined> {
  const worker = new Worker(new URL('probe-worker.js', import.meta.url), {
    workerData: url,
    stdout: true,
    stderr: true,
  })
  return new Promise<Probed | undefined>((resolve) => {
    let timer: NodeJS.Timeout | undefined
    const settle = (probed: Probed) => {
      clearTimeout(timer)
      resolve(probed)
    }
    worker.on('message', (message: Probed | Begins) => {
      if (message === 'begins') timer = setTimeout(() => resolve(undefined), SILENT_MS)
      else settle(message)
    })
    worker.once('error', (error) => settle({ failed: error.message, stack: error.stack ?? '', when: 'it is loaded' }))
    worker.once('exit', () => settle({ failed: 'it ended the thread that loaded it', stack: '', when: 'it is loaded' }))
  }).finally(() => worker.terminate())
}
