import { z } from "zod";

// zod probes for `new Function`, which the page's content security policy reports as a violation even when caught. It
// does so when a schema is made, so this has to be imported before anything that makes one.
z.config({ jitless: true });
