// Makes the figures of the documentation again. Without a file: its pictures, from the results and recordings that are committed. With
// files: every block of theirs that begins with `$ npm run ...` is run, and its output replaces the old one; a block whose command fails
// stays as it was, and is named.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { renderPictures } from './pictures.js'

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

/** The text with every block run again. `run` takes a command and returns its output, or undefined if the block has to stay. */
export function measured(text, run) {
  return text.replace(BLOCK, (block, command) => {
    const output = run(command)
    return output === undefined ? block : `\`\`\`\n$ ${command}\n${outputOf(output)}\n\`\`\``
  })
}

/** 1: a forbidden outcome, which some commands are there to show. 4: no answer, which the output says. */
const SHOWN = [0, 1, 4]

function run(command) {
  process.stderr.write(`${command}\n`)
  const silent = command.replace(/^npm run /, 'npm run --silent ')
  const { status, stdout, stderr } = spawnSync('sh', ['-c', silent], { encoding: 'utf8', maxBuffer: 1 << 26 })
  if (status === 4)
    process.stderr.write('  ended with 4: a question has no answer; read the block before you commit it\n')
  if (SHOWN.includes(status) && stdout !== '') return stdout
  process.stderr.write(
    `  ended with ${status}, and the block stays as it was: ${stderr.trim() || stdout.trim().split('\n').slice(-3).join('\n')}\n`,
  )
  process.exitCode = 1
}

if (process.argv[1] === import.meta.filename) {
  const files = process.argv.slice(2)
  if (files.length === 0) await renderPictures((name) => console.log(name))
  for (const file of files) {
    // Each block is kept as soon as it is measured: what follows may be stopped.
    for (const command of new Set(blocksIn(readFileSync(file, 'utf8')).map((block) => block.command))) {
      const text = readFileSync(file, 'utf8')
      const updated = measured(text, (each) => (each === command ? run(each) : undefined))
      if (updated !== text) writeFileSync(file, updated)
    }
  }
}
