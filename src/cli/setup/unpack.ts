/**
 * Takes out of a wheel what the addon needs, to where it looks: TensorFlow's two libraries, the headers that
 * binding/*.cc includes, directly or not, and the libraries of CUDA. Python reads the archive, as it brought it.
 */
export const unpackProgram = `
import os, shutil, sys, zipfile
wheel, target = sys.argv[1:]
libraries = ("tensorflow/libtensorflow_cc.so.2", "tensorflow/libtensorflow_framework.so.2")
headers = ("tensorflow/include/tensorflow/c/", "tensorflow/include/tensorflow/core/platform/",
           "tensorflow/include/xla/tsl/c/", "tensorflow/include/xla/tsl/platform/", "tensorflow/include/tsl/platform/")

def place(name):
    if name in libraries:
        return os.path.join("lib", os.path.basename(name))
    if name.startswith(headers) and name.endswith(".h"):
        return os.path.join("include", os.path.relpath(name, "tensorflow/include"))
    if name.startswith("nvidia/") and "/include/" not in name and not name.endswith(("/", ".py")):
        return name
    return None

with zipfile.ZipFile(wheel) as archive:
    for entry in archive.infolist():
        path = place(entry.filename)
        if path is None:
            continue
        path = os.path.join(target, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with archive.open(entry) as source, open(path, "wb") as out:
            shutil.copyfileobj(source, out, 1 << 20)
        if entry.external_attr >> 16 & 0o111:
            os.chmod(path, 0o755)
`;
