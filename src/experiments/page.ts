/** Readable in light and in dark; figures are drawn on white, so they keep a white ground. */
const style = `
  :root { color-scheme: light dark; --ink: #1f2328; --page: #ffffff; --faint: #59636e; --line: #d1d9e0; --shade: #f6f8fa; --link: #0b5cad; }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e6edf3; --page: #0d1117; --faint: #9198a1; --line: #3d444d; --shade: #151b23; --link: #6cb6ff; }
  }
  * { box-sizing: border-box; }
  body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, "Segoe UI", Arial, sans-serif; }
  main { max-width: 66rem; margin: 0 auto; padding: 2rem 1.25rem 5rem; }
  h1 { font-size: 2rem; margin: 0 0 1rem; }
  h2 { font-size: 1.45rem; margin: 3.5rem 0 .25rem; padding-top: 1rem; border-top: 1px solid var(--line); }
  h3 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
  p { max-width: 46rem; }
  a { color: var(--link); }
  h2 + p > em:only-child { color: var(--faint); }
  img { display: block; max-width: 100%; height: auto; margin: 1rem 0; padding: .5rem; background: #ffffff; border: 1px solid var(--line); border-radius: 6px; }
  table { display: block; width: max-content; max-width: 100%; overflow-x: auto; border-collapse: collapse; margin: 1rem 0; font-size: .86rem; font-variant-numeric: tabular-nums; }
  th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
  th[align="right"], td[align="right"] { text-align: right; }
  th { background: var(--shade); }
  code { font: .88em/1.4 ui-monospace, "Cascadia Mono", Menlo, monospace; background: var(--shade); padding: .1em .3em; border-radius: 4px; overflow-wrap: anywhere; }
  blockquote { margin: 1rem 0; padding: .25rem 1rem; border-left: 4px solid #d29922; background: var(--shade); }
  @media print { h2 { break-before: page; } }
`;

const escaped = (text: string): string =>
  text.replace(/[&<>]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign] ?? sign);

/** A page that needs nothing but itself and the figures beside it. @param content HTML */
export const page = (title: string, content: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${content.trimEnd()}
</main>
</body>
</html>
`;
