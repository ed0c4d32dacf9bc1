import { extname } from 'node:path'

export const TYPESCRIPT: readonly string[] = ['.ts', '.mts']
export const JAVASCRIPT: readonly string[] = ['.js', '.mjs']

/** Whether a name on the command line is a file and not one of our variants. */
export const isPatchFile = (name: string): boolean =>
  /[/\\]/.test(name) || [...TYPESCRIPT, ...JAVASCRIPT].includes(extname(name))
