import { invariant } from "../errors.js";
import type { RecurrentMatrix, Tensor } from "./kernels.js";

/** A handle's content as long as somebody owns it. */
interface Ownership<Content> {
  content: Content | null;
  owners: number;
}

/** What a {@link Tensor} is to the backend that made it. */
class TensorHandle<Content> implements Tensor, Ownership<Content> {
  owners = 1;

  constructor(
    readonly handles: object,
    readonly shape: readonly number[],
    public content: Content | null,
  ) {}
}

/** What a {@link RecurrentMatrix} is to the backend that made it. */
class MatrixHandle<Content> implements RecurrentMatrix, Ownership<Content> {
  owners = 1;

  constructor(
    readonly handles: object,
    readonly neurons: number,
    public content: Content | null,
  ) {}
}

/** How a backend treats the contents of its handles. */
export interface Storage<TensorContent, MatrixContent> {
  freeTensor(content: TensorContent): void;
  freeMatrix(content: MatrixContent): void;
}

/**
 * The handles of one backend: counts their owners and frees the content when the last one goes. The use of a
 * handle after that, or of another backend's, is a bug of the caller and breaks an invariant.
 */
export class Handles<TensorContent, MatrixContent> {
  readonly #alive = new Set<TensorHandle<TensorContent> | MatrixHandle<MatrixContent>>();
  readonly #storage: Storage<TensorContent, MatrixContent>;
  #closed = false;

  constructor(storage: Storage<TensorContent, MatrixContent>) {
    this.#storage = storage;
  }

  tensor(shape: readonly number[], content: TensorContent): Tensor {
    invariant(!this.#closed, "a tensor was made after its backend was closed");
    const handle = new TensorHandle(this, shape, content);
    this.#alive.add(handle);
    return handle;
  }

  matrix(neurons: number, content: MatrixContent): RecurrentMatrix {
    invariant(!this.#closed, "a matrix was made after its backend was closed");
    const handle = new MatrixHandle(this, neurons, content);
    this.#alive.add(handle);
    return handle;
  }

  /** The content of a tensor, lent. */
  contentOf(tensor: Tensor): TensorContent {
    return this.#ownedTensor(tensor).content as TensorContent;
  }

  /** The content of a matrix, lent. */
  matrixOf(matrix: RecurrentMatrix): MatrixContent {
    return this.#ownedMatrix(matrix).content as MatrixContent;
  }

  /**
   * Takes an owner away and hands the content over, to be changed: itself when there is no other owner, else a copy.
   */
  take(tensor: Tensor, copy: (content: TensorContent) => TensorContent): TensorContent {
    return this.#taken(this.#ownedTensor(tensor), copy);
  }

  /** The same with a matrix, whose copies differ from backend to backend. */
  takeMatrix(matrix: RecurrentMatrix, copy: (content: MatrixContent) => MatrixContent): MatrixContent {
    return this.#taken(this.#ownedMatrix(matrix), copy);
  }

  #taken<Content>(
    handle: TensorHandle<TensorContent> | MatrixHandle<MatrixContent>,
    copy: (content: Content) => Content,
  ): Content {
    const content = handle.content as Content;
    handle.owners--;
    if (handle.owners > 0) return copy(content);
    handle.content = null;
    this.#alive.delete(handle);
    return content;
  }

  retain<T extends Tensor | RecurrentMatrix>(handle: T): T {
    this.#owned(handle).owners++;
    return handle;
  }

  dispose(given: Tensor | RecurrentMatrix): void {
    const handle = this.#owned(given);
    handle.owners--;
    if (handle.owners === 0) this.#free(handle);
  }

  /** Handles that have an owner. */
  live(): number {
    return this.#alive.size;
  }

  /** Frees what is left. */
  close(): void {
    for (const handle of this.#alive) this.#free(handle);
    this.#closed = true;
  }

  #free(handle: TensorHandle<TensorContent> | MatrixHandle<MatrixContent>): void {
    if (handle instanceof TensorHandle) this.#storage.freeTensor(handle.content as TensorContent);
    else this.#storage.freeMatrix(handle.content as MatrixContent);
    handle.content = null;
    handle.owners = 0;
    this.#alive.delete(handle);
  }

  #owned(given: object): TensorHandle<TensorContent> | MatrixHandle<MatrixContent> {
    return given instanceof MatrixHandle ? this.#ownedMatrix(given) : this.#ownedTensor(given);
  }

  #ownedTensor(given: object): TensorHandle<TensorContent> {
    invariant(given instanceof TensorHandle && given.handles === this, "a tensor of another backend");
    invariant(given.content !== null, "a tensor was used after its last owner disposed of it");
    return given;
  }

  #ownedMatrix(given: object): MatrixHandle<MatrixContent> {
    invariant(given instanceof MatrixHandle && given.handles === this, "a matrix of another backend");
    invariant(given.content !== null, "a matrix was used after its last owner disposed of it");
    return given;
  }
}
