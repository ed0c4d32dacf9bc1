import assert from 'node:assert/strict'
import { test } from 'node:test'
import { escapeMarkdown } from './markdown.ts'

test('what Markdown reads is escaped, and names with underscores are left as they are', () => {
  for (const [text, escaped] of [
    ['faults_per_second', 'faults_per_second'],
    ['_private_ and *bold*', '\\_private\\_ and \\*bold\\*'],
    ['a|b `c` [d](e) <f> ~g~ #1 &amp; $x$ \\', 'a\\|b \\`c\\` \\[d\\](e) \\<f\\> \\~g\\~ \\#1 \\&amp; \\$x\\$ \\\\'],
    ['- item', '\\- item'],
    ['+13 %', '\\+13 %'],
    ['two\nlines', 'two lines'],
    ['@someone', '@\u200bsomeone'],
    ['1. first', '1\u200b. first'],
  ] as const) {
    assert.equal(escapeMarkdown(text), escaped)
  }
})
