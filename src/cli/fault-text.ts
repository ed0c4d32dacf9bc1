import { isOfSystem, ofSystem } from './files/trouble.ts'

/** What is said of a fault that was not foreseen, which is ours; and of a process that has no memory left, which need not be. */
export function faultText(error: unknown): string {
  const { code } = (error ?? {}) as NodeJS.ErrnoException
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return 'faultline: there is not enough memory for this\nAsk for less at a time, or allow more: NODE_OPTIONS=--max-old-space-size=8192.\n'
  }
  if (isOfSystem(error)) {
    const { message, hint } = ofSystem(error)
    return `faultline: ${message}\n${hint}\n`
  }
  const message = error instanceof Error ? error.message : String(error)
  return `faultline: ${message}\nThis should not have happened: please report it with the command line, the version of Node and what FAULTLINE_TRACE=1 adds.\n`
}
