import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { cacheFolder } from "./cache-folder.js";

/** What `eddy setup tensorflow` leaves beside the files that it has built. */
export interface TensorflowInstallation {
  /** counts the ways in which such a folder has been built */
  readonly recipe: number;
  /** the package that the library is from, with its version: "tensorflow-cpu 2.21.0" */
  readonly library: string;
  /** built for NVIDIA GPUs; without one it computes on the CPU */
  readonly cuda: boolean;
  /** by path within the folder: bytes of the files without which nothing works */
  readonly files: Readonly<Record<string, number>>;
}

/** In a folder: says that all of it is there. */
export const installationFile = "eddy-tensorflow.json";

/** The folder that EDDY_TENSORFLOW names; an empty text counts as not given. */
export function namedTensorflowFolder(): string | null {
  const { EDDY_TENSORFLOW } = process.env;
  return EDDY_TENSORFLOW ? resolve(EDDY_TENSORFLOW) : null;
}

/** Where TensorFlow's library is set up: EDDY_TENSORFLOW, else `eddy/tensorflow` in the user's cache folder. */
export const tensorflowFolder = (): string => namedTensorflowFolder() ?? join(cacheFolder(), "tensorflow");

/** Bring TensorFlow's own library; of those beside Eddy the first that loads is taken. */
export const nativePackages = ["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-node"] as const;

/**
 * A package with TensorFlow's library that is installed beside Eddy, whether it loads or not.
 * @param from a file whose packages are looked at
 */
export function packageBeside(from: string = import.meta.url): string | null {
  const { resolve: find } = createRequire(from);
  const isThere = (name: string): boolean => {
    try {
      find(name);
      return true;
    } catch {
      return false;
    }
  };
  return nativePackages.find(isThere) ?? null;
}

function isInstallation(value: unknown): value is TensorflowInstallation {
  if (typeof value !== "object" || value === null) return false;
  const { recipe, library, cuda, files } = value as Record<string, unknown>;
  return (
    typeof recipe === "number" &&
    typeof library === "string" &&
    typeof cuda === "boolean" &&
    typeof files === "object" &&
    files !== null &&
    Object.values(files).every((bytes) => typeof bytes === "number")
  );
}

/** What is set up in a folder; null when nothing is, or what is there was not made by Eddy. */
export function readInstallation(folder: string): TensorflowInstallation | null {
  try {
    const value: unknown = JSON.parse(readFileSync(join(folder, installationFile), "utf8"));
    return isInstallation(value) ? value : null;
  } catch {
    return null;
  }
}

/** Those of an installation's files that are missing or have another size. */
export function damagedFiles(folder: string, { files }: TensorflowInstallation): string[] {
  const sizeOf = (path: string) => statSync(join(folder, path), { throwIfNoEntry: false })?.size;
  return Object.entries(files).flatMap(([path, bytes]) => (sizeOf(path) === bytes ? [] : [path]));
}
