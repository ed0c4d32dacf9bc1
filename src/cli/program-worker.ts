import { parentPort, workerData } from 'node:worker_threads'
import type { SignalName } from './interruption.ts'
import { processIo, type Started } from './process-io.ts'
import { program } from './program.ts'

export type ToProgram =
  | { readonly kind: 'interrupt'; readonly signal: SignalName }
  /** The process had been stopped. */
  | { readonly kind: 'continued' }

export type FromProgram =
  | { readonly kind: 'out' | 'err'; readonly text: string }
  | { readonly kind: 'keeps'; readonly says: string; readonly isNothing: boolean }
  | { readonly kind: 'heard' }
  | { readonly kind: 'end'; readonly code: number }

const tell = (message: FromProgram) => parentPort!.postMessage(message)

const interrupt = new AbortController()
let stops = 0
parentPort!.on('message', (message: ToProgram) => {
  if (message.kind === 'continued') stops += 1
  else {
    tell({ kind: 'heard' })
    interrupt.abort(message.signal)
  }
})

const io = processIo(workerData as Started, {
  out: (text) => tell({ kind: 'out', text: `${text}\n` }),
  err: (text) => tell({ kind: 'err', text }),
  signal: interrupt.signal,
  keeps: (says, isNothing = false) => tell({ kind: 'keeps', says, isNothing }),
  stops: () => stops,
})
tell({ kind: 'end', code: await program(io) })
