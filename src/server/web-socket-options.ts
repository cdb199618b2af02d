import { SUBPROTOCOL } from "../wire/protocol.js";
import type { ServerLimits } from "./limits.js";

const FRAGMENTS_MAX = 64;
const BUFFERED_CHUNKS_MAX = 1024;

/** What `ws` is told to withstand. */
export const webSocketOptions = ({ requestBytesMax }: Pick<ServerLimits, "requestBytesMax">) =>
  ({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: requestBytesMax,
    // A message in very many pieces would cost more memory than its size says.
    maxFragments: FRAGMENTS_MAX,
    maxBufferedChunks: BUFFERED_CHUNKS_MAX,
    // A session answers pings itself, and not those of a client that reads nothing.
    autoPong: false,
    handleProtocols: () => SUBPROTOCOL,
  }) as const;
