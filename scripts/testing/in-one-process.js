// Runs several test files in one process, one after another: a suite each, which has the name of the file.

import { relative } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export async function inOneProcess(files) {
  // In Node 20 this waits until the tests of a file have run; later versions load the next file meanwhile.
  for (const file of files) await describe(relative(ROOT, file), () => load(file))
}

/** In Node 22 a suite that throws while it is built does not fail; a test does. */
async function load(file) {
  try {
    await import(pathToFileURL(file))
  } catch (error) {
    test('the file can be loaded', () => {
      throw error
    })
  }
}
