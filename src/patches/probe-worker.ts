import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import type { Patch } from '../protocols/patch.ts'
import { type Declared, declaredIn } from './declared.ts'
import { parsed } from './house-rules.ts'
import { checkMembers } from './rules/members.ts'
import { type Problem, problemAt } from './rules/problem.ts'
import { standsIn } from './samples.ts'

/** The result of loading a patch for the first time. */
export type Probed =
  | { readonly declared: Declared; readonly problems: readonly Problem[] }
  | { readonly failed: string; readonly stack: string; readonly when: string }

/** Said when all that is ours is loaded: what takes long from here on is the patch. */
export type Begins = 'begins'

/** Loads a patch in a separate thread, where an exception or an endless loop does no harm. */
async function probe(url: string): Promise<Probed> {
  let when = 'it is loaded'
  try {
    const module = (await import(url)) as Readonly<Record<string, unknown>>
    const declared = declaredIn(module)
    if (declared.problem !== undefined) return { declared, problems: [] }
    when = 'a VM with it is placed'
    return { declared, problems: problemsOf(url, module.default as Patch) }
  } catch (error) {
    if (error instanceof Error) return { failed: error.message, stack: error.stack ?? '', when }
    return { failed: String(error), stack: '', when }
  }
}

function problemsOf(url: string, patch: Patch): Problem[] {
  const tree = parsed(readFileSync(fileURLToPath(url), 'utf8'), patch.name)
  const problems: Problem[] = []
  checkMembers(tree, standsIn(tree, patch), (node, says) => void problems.push(problemAt(node, says)))
  return problems
}

parentPort!.postMessage('begins' satisfies Begins)
parentPort!.postMessage(await probe(workerData as string))
