import { spawnSync } from "node:child_process";
import { EddyError } from "../../errors.js";

/** A program that is needed, how to see whether it works, and what to install where it does not. */
interface Tool {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly debian: string;
}

const tools: readonly Tool[] = [
  {
    name: "python3 with pip",
    command: "python3",
    args: ["-m", "pip", "--version"],
    debian: "python3-pip",
  },
  { name: "g++", command: "g++", args: ["--version"], debian: "g++" },
  { name: "npm", command: "npm", args: ["--version"], debian: "npm" },
];

const works = ({ command, args }: Tool): boolean =>
  spawnSync(command, args, { stdio: "ignore" }).status === 0;

/** Checks that all programs are there that the setup calls. @throws EddyError TOOL_MISSING that names those that lack */
export function checkTools(): void {
  const missing = tools.filter((tool) => !works(tool));
  if (missing.length === 0) return;
  throw new EddyError(
    "TOOL_MISSING",
    `eddy setup tensorflow needs ${missing.map(({ name }) => name).join(" and ")}, not found on PATH or not working; on Debian and Ubuntu: sudo apt-get install ${missing.map(({ debian }) => debian).join(" ")}`,
  );
}

/** The system's C library, as Node knows it; the wheels need glibc 2.27 or later. */
function glibcVersion(): string | null {
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return header?.glibcVersionRuntime ?? null;
}

/** @throws EddyError UNSUPPORTED_PLATFORM where no wheel fits */
export function checkPlatform(
  platform: string = process.platform,
  arch: string = process.arch,
  glibc: string | null = glibcVersion(),
): void {
  const [major = 0, minor = 0] = (glibc ?? "").split(".").map(Number);
  if (platform === "linux" && arch === "x64" && (major > 2 || (major === 2 && minor >= 27))) return;
  const libc = platform === "linux" ? `, ${glibc === null ? "no glibc" : `glibc ${glibc}`}` : "";
  throw new EddyError(
    "UNSUPPORTED_PLATFORM",
    `eddy setup tensorflow: given ${platform} ${arch}${libc}; needed linux x64 with glibc 2.27 or later; choose another backend (eddy doctor says which work here)`,
  );
}
