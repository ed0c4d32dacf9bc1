// The direct build: the emitted JavaScript with the two tokens `*` and `yield*` blanked. Nothing is inserted or moved, so
// every line, column and source map stays true, and what the threads run is what the checker explored, minus two tokens.
import { parse } from 'acorn'
import { ancestor } from 'acorn-walk'

/**
 * Blanks the generator marks of one emitted module.
 *
 * @param {string} text the emitted JavaScript
 * @param {string} file its name, for messages
 * @returns {string} text of the same length and the same lines
 */
export function toDirect(text, file) {
  const tokens = []
  const tree = parse(text, { ecmaVersion: 'latest', sourceType: 'module', locations: true, onToken: tokens })
  const { starOfFunction, starAfter } = starsOf(text, tokens)
  const cuts = []

  const refuse = (node, why) => {
    throw new Error(`${file}:${node.loc.start.line}:${node.loc.start.column + 1}: ${why}`)
  }

  ancestor(tree, {
    Function(node, _state, ancestors) {
      if (!node.generator) return
      const star = starOfFunction(node, ancestors)
      cuts.push([star.start, star.end])
    },
    YieldExpression(node) {
      if (!node.delegate) refuse(node, 'a protocol may only `yield*`')
      const star = starAfter(node.start)
      if (/[\n\r\u2028\u2029]/.test(text.slice(node.start, node.argument.start))) {
        refuse(node, 'keep `yield*` and its operand on one line')
      }
      cuts.push([node.start, node.start + 'yield'.length], [star.start, star.end])
    },
  })
  return blank(text, cuts)
}

/** Where the stars of generators and of their steps are. */
export function starsOf(text, tokens) {
  const starts = new Map(tokens.map((token, index) => [token.start, index]))
  const starAfter = (offset) => tokens.slice(starts.get(offset)).find((token) => text[token.start] === '*')
  const starOfFunction = (node, ancestors) => {
    const owner = ancestors.at(-2)
    return starAfter(owner !== undefined && isMethod(owner, node) ? owner.start : node.start)
  }
  return { starAfter, starOfFunction }
}

/** A method's function starts at its `(`; the `*` stands before its name, in the owner. */
function isMethod(owner, node) {
  const carries = owner.type === 'MethodDefinition' || (owner.type === 'Property' && owner.method)
  return carries && owner.value === node
}

/** Each cut is a place from, to, and what stands there instead, filled up with blanks. */
export function blank(text, cuts) {
  let done = 0
  let result = ''
  for (const [from, to, instead = ''] of cuts.sort(([a], [b]) => a - b)) {
    result += text.slice(done, from) + instead.padEnd(to - from)
    done = to
  }
  return result + text.slice(done)
}
