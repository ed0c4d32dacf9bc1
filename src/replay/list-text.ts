/** Between the quotes of one item of a list and those of the next, with the end of the line that the item may hold. */
const BETWEEN = /(?:\\n)?['"]\s*,\s*[bru]?['"]/g
const BEGIN = /^[^'"]*[[(]\s*[bru]?['"]/
const END = /(?:\\n)?['"]\s*,?\s*[\])][\s;]*$/
const ESCAPE = /\\(['"\\/t])/g
const FEW = 2
/** Characters at which a text must not be cut. */
const MARKS = '\'", \t\\nbru[]()'
const LONGEST_MARK = 16

/** Whether a text is lines of a recording as items of a list, as Python and JSON print one on a line. */
export function isListOfLines(text: string): boolean {
  const items = text.match(BETWEEN)?.length ?? 0
  return items >= FEW && BEGIN.test(text.slice(0, 200)) && !text.trim().includes('\n')
}

const plain = (part: string) =>
  part.replace(BETWEEN, '\n').replace(ESCAPE, (_, letter: string) => (letter === 't' ? '\t' : letter))

/** Makes lines of the items, however the text is cut. */
export function fromList(): { readonly push: (chunk: Buffer) => Buffer; readonly end: () => Buffer } {
  let rest = ''
  let isBegun = false
  const begun = (text: string) => {
    if (isBegun) return text
    isBegun = true
    return text.replace(BEGIN, '')
  }
  return {
    push: (chunk) => {
      const text = begun(rest + chunk.toString('latin1'))
      let at = text.length
      while (at > 0 && text.length - at < LONGEST_MARK && MARKS.includes(text[at - 1]!)) at -= 1
      rest = text.slice(at)
      return Buffer.from(plain(text.slice(0, at)), 'latin1')
    },
    end: () => Buffer.from(plain(begun(rest).replace(END, '\n')), 'latin1'),
  }
}
