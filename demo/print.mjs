/** How the demo speaks: headings, two customers side by side, one line per attack. */
const colour =
  process.env.NO_COLOR === undefined && (process.stdout.isTTY || process.env.FORCE_COLOR);
const paint = (code) => (text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
export const bold = paint(1);
export const dim = paint(2);
const green = paint(32);
const red = paint(31);

const WIDTH = 98;
const COLUMN = (WIDTH - 4) / 2;

export function heading(text) {
  console.log(`\n${bold(text)}\n${dim('─'.repeat(WIDTH))}`);
}

export function say(text) {
  console.log(text);
}

/** Breaks a line between words. */
function wrap(text, width) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== '' && last.length + 1 + word.length > width) lines.push(`  ${word}`);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}

/** Two lists of lines beside each other, each under its name. */
export function sideBySide([leftName, left], [rightName, right]) {
  const [a, b] = [left, right].map((lines) => lines.flatMap((line) => wrap(line, COLUMN)));
  const row = (l, r, style = (text) => text) => {
    console.log(`  ${style(l.padEnd(COLUMN))} ${dim('│')} ${style(r)}`.trimEnd());
  };
  row(leftName, rightName, bold);
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) row(a[i] ?? '', b[i] ?? '');
}

/** One check: what was tried, and how it ended. Returns whether that was as stated. */
export function verdict({ title, ok, outcome, detail }) {
  const mark = ok ? green('✔') : red('✘');
  const answer = ok ? bold(outcome.padEnd(7)) : red(outcome.padEnd(7));
  const shown = ok && detail.length > 62 ? `${detail.slice(0, 61)}…` : detail;
  console.log(`  ${mark} ${title.padEnd(56)} ${answer} ${dim(shown)}`.trimEnd());
  return ok;
}

export function summary(ok, text) {
  console.log(`\n${ok ? green('✔') : red('✘')} ${bold(text)}\n`);
}
