/** Text as it is, within a line or a table's cell, whatever signs it has. */
export const plain = (text: string): string =>
  text
    .replace(/\s+/g, " ")
    .replace(/[&<>]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign] ?? sign)
    .replace(/[\\`*_[\]|]/g, "\\$&");

/** Text as code: in a table's cell a bar would end the cell. */
export const code = (text: string): string => {
  const fence = text.includes("`") ? "``" : "`";
  const space = fence === "`" ? "" : " ";
  return `${fence}${space}${text.replace(/\s+/g, " ").replaceAll("|", "\\|")}${space}${fence}`;
};

/** A table; a column whose head ends with ":" is set to the right. Cells are Markdown. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    line(head.map((title) => title.replace(/:$/, ""))),
    line(head.map((title) => (title.endsWith(":") ? "---:" : "---"))),
    ...rows.map(line),
  ].join("\n");
}

/** Blocks with a line between them; empty ones are left out. */
export const blocks = (...parts: readonly (string | null)[]): string =>
  parts.filter((part) => part !== null && part !== "").join("\n\n");
