import { cifarBytesMax } from "../streams/tasks/cifar.js";
import { cifarFiles, type ImageSetName, idxFiles } from "../streams/tasks/image-set.js";
import type { Member } from "./unpack-tar.js";

/** Where a data set is published, and what its files must be. */
export interface Publisher {
  /** address of the folder that holds the files */
  readonly address: string;
  readonly files: readonly {
    readonly name: string;
    readonly md5: string;
    /** of the largest file that is taken for it; default: as `download` */
    readonly bytesMax?: number;
  }[];
  /** what the files are archives of, and the set consists of; absent: the files themselves */
  readonly unpacked?: readonly Member[];
}

const { trainingImages, trainingLabels, testImages, testLabels } = idxFiles;

/** The addresses and checksums of the publishers, as their pages and torchvision list them. */
export const publishers: Readonly<Record<ImageSetName, Publisher>> = {
  mnist: {
    address: "https://ossci-datasets.s3.amazonaws.com/mnist/",
    files: [
      { name: `${trainingImages}.gz`, md5: "f68b3c2dcbeaaa9fbdd348bbdeb94873" },
      { name: `${trainingLabels}.gz`, md5: "d53e105ee54ea40749a09fcbcd1e9432" },
      { name: `${testImages}.gz`, md5: "9fb629c4189551a2d022fa330f9573f3" },
      { name: `${testLabels}.gz`, md5: "ec29112dd5afa0611ce80d1b7f02629c" },
    ],
  },
  "fashion-mnist": {
    address: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    files: [
      { name: `${trainingImages}.gz`, md5: "8d4fb7e6c68d591d4c3dfef9ec88bf0d" },
      { name: `${trainingLabels}.gz`, md5: "25c81989df183df01b3e8a0aad5dffbe" },
      { name: `${testImages}.gz`, md5: "bef4ecab320f06d8554ea6380940ec79" },
      { name: `${testLabels}.gz`, md5: "bb300cfdad3c16e7a12a480ee83cd310" },
    ],
  },
  "cifar-10": {
    address: "https://www.cs.toronto.edu/~kriz/",
    files: [
      {
        name: "cifar-10-binary.tar.gz",
        md5: "c32a1d4ab5d03f1284b67883e8d87530",
        bytesMax: 2 ** 28,
      },
    ],
    unpacked: [...cifarFiles.training, ...cifarFiles.test].map((name) => ({ name, bytes: cifarBytesMax })),
  },
};
