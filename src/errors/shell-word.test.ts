import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { shellWord } from './shell-word.ts'

test('a shell reads each text as one word, whatever is in it', () => {
  const texts = ['a.ts', 'my patch.ts', "it's $HOME `x`", 'päckchen.ts', 'a;b&c|d>(e)', '*', 'two\nlines', '']
  const words = texts.map(shellWord).join(' ')
  const printed = execFileSync('sh', ['-c', `printf '%s\\0' ${words}`], { encoding: 'utf8' })
  assert.deepEqual(printed.split('\0').slice(0, -1), texts)
  assert.equal(shellWord('./my-yield.ts'), './my-yield.ts')
})
