// Measures the figures of the documentation again: every block that begins with `$ npm run ...` is run, and what it prints takes the
// place of what stood there. Give the files; without any it is README.md and docs/.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const BLOCK = /^```\n\$ (npm run .*)\n([\s\S]*?)^```$/gm

/** The blocks of a page: each command, and what stands below it. */
export const blocksIn = (text) => [...text.matchAll(BLOCK)].map(([, command, output]) => ({ command, output }))

/** What a command prints, without what differs from run to run for no reason: where the result was saved. */
export function outputOf(text) {
  return text
    .split('\n')
    .filter((line) => !/^results\/.*\.json$/.test(line))
    .join('\n')
    .trim()
}

/** The text with every block run again. `run` takes a command and returns what it prints. */
export function measured(text, run) {
  return text.replace(BLOCK, (_, command) => `\`\`\`\n$ ${command}\n${outputOf(run(command))}\n\`\`\``)
}

function run(command) {
  process.stderr.write(`${command}\n`)
  const silent = command.replace(/^npm run /, 'npm run --silent ')
  const { status, stdout, stderr } = spawnSync('sh', ['-c', silent], { encoding: 'utf8', maxBuffer: 1 << 26 })
  // 1: a forbidden outcome, which some commands are there to show.
  if (status === 0 || status === 1) return stdout
  throw new Error(`${command} ended with ${status}: ${stderr}`)
}

if (process.argv[1] === import.meta.filename) {
  const named = process.argv.slice(2)
  const pages = readdirSync('docs').filter((file) => file.endsWith('.md'))
  for (const file of named.length > 0 ? named : ['README.md', ...pages.map((page) => join('docs', page))]) {
    const text = readFileSync(file, 'utf8')
    const updated = measured(text, run)
    if (updated !== text) writeFileSync(file, updated)
  }
}
