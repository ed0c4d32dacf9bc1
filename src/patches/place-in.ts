/** Where in the module of a URL the innermost call of a stack is, as `line:column`; the lines are those of the user's file. */
export function placeInStack(stack: string, url: string): string | undefined {
  const from = stack.indexOf(url)
  const [, line, column] = /^:(\d+):(\d+)/.exec(from < 0 ? '' : stack.slice(from + url.length)) ?? []
  return line === undefined ? undefined : `${line}:${column}`
}
