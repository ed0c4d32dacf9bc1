import { parentPort, workerData } from 'node:worker_threads'
import { type Declared, declaredIn } from './declared.ts'

/** What loading a patch for the first time came to. */
export type Probed = { readonly declared: Declared } | { readonly failed: string; readonly stack: string }

/** Loads a patch where nothing is lost if it throws, or does not come to an end. */
async function probe(url: string): Promise<Probed> {
  try {
    return { declared: declaredIn((await import(url)) as Readonly<Record<string, unknown>>) }
  } catch (error) {
    if (error instanceof Error) return { failed: error.message, stack: error.stack ?? '' }
    return { failed: String(error), stack: '' }
  }
}

parentPort!.postMessage(await probe(workerData as string))
