// `scripts/demo code`: a code of the owner's authenticator that was never given out.

import { freshCode } from "./codes.mjs";

try {
  console.log(await freshCode((seconds) => console.error(`the last one was given out; the next comes in ${seconds} s`)));
} catch (error) {
  console.error(`AIO: ${error.message}`);
  process.exitCode = 1;
}
