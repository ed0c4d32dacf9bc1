import { isOfSystem, ofSystem } from './files/trouble.ts'

/** The message for an unexpected error, which is a bug of faultline; and for a process that is out of memory, which may not be one. */
export function faultText(error: unknown): string {
  const { code } = (error ?? {}) as NodeJS.ErrnoException
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return 'faultline: there is not enough memory for this\nRun a smaller plan, or allow more memory: NODE_OPTIONS=--max-old-space-size=8192.\n'
  }
  if (isOfSystem(error)) {
    const { message, hint } = ofSystem(error)
    return `faultline: ${message}\n${hint}\n`
  }
  const message = error instanceof Error ? error.message : String(error)
  return `faultline: ${message}\nThis should not have happened: please report it with the command line, the version of Node and what FAULTLINE_TRACE=1 adds.\n`
}
