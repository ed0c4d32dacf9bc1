import { Readable } from 'node:stream'
import type { Io } from './io.ts'
import { program } from './program.ts'

/** Runs the program in this process, and collects what it says. */
export const faultline = (...command: string[]): Promise<{ code: number; out: string; err: string }> =>
  runProgram(command, {})

/** The same with parts of `io` replaced: a command has neither a terminal nor standard input by default. */
export async function runProgram(
  command: readonly string[],
  io: Partial<Io>,
): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', '']
  const code = await program({
    out: (text) => {
      out += `${text}\n`
    },
    err: (text) => {
      err += text
    },
    isErrTty: false,
    stdin: () => Readable.from([]),
    signal: new AbortController().signal,
    keeps: () => {},
    stops: () => 0,
    command,
    node: process.execPath,
    version: '0.0.0',
    environment: {},
    runtime: { node: 'v20', v8: '11' },
    ...io,
  })
  return { code, out, err }
}
