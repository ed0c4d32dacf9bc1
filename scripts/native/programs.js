import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'

const HERE = import.meta.dirname

/** Says what is missing instead of half of the figures. */
export class Missing extends Error {}

const INSTALL = {
  gcc: 'gcc is not here; on Debian: apt-get install gcc libc6-dev',
  spin: 'spin is not here; on Debian: apt-get install spin',
}

export function need(program) {
  if (spawnSync(program, ['-V']).error !== undefined) throw new Missing(INSTALL[program])
}

/** Compiles one of the programs here into `folder`; its path. */
export function compile(source, folder, name, flags = []) {
  const program = join(folder, name)
  const words = ['-O2', '-std=gnu11', '-Wall', '-Wextra', '-pthread', ...flags, '-o', program, source]
  const { status, stderr } = spawnSync('gcc', words, { encoding: 'utf8', cwd: HERE })
  if (status !== 0) throw new Missing(`gcc did not compile ${source}: ${stderr.trim().split('\n')[0]}`)
  return program
}

/** What a program prints. */
export const printed = (program, words, cwd = HERE) =>
  execFileSync(program, words.map(String), { encoding: 'utf8', cwd, maxBuffer: 1 << 26 })

export const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]

/** The median by key, over measurements that have the same keys. */
export const medians = (rounds) =>
  Object.fromEntries(Object.keys(rounds[0]).map((key) => [key, median(rounds.map((round) => round[key]))]))

export const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
