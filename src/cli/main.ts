#!/usr/bin/env node
import { writeSync } from 'node:fs'
import { program } from './program.ts'

const interrupt = new AbortController()
process.once('SIGINT', () => interrupt.abort())
process.once('SIGTERM', () => interrupt.abort())
// Whoever reads has seen enough: `faultline list | head`.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
}

process.exitCode = await program({
  out: (text) => void process.stdout.write(`${text}\n`),
  err: (text) => void writeSync(2, text),
  isErrTty: process.stderr.isTTY === true,
  stdin: () => process.stdin,
  signal: interrupt.signal,
  command: process.argv.slice(2),
  node: process.execPath,
  runtime: { node: process.version, v8: process.versions.v8 },
  isTraced: process.env.FAULTLINE_TRACE === '1',
})
