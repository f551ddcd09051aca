// `scripts/demo code`: a code of the owner's authenticator that was never given out.

import { freshCode } from "./codes.mjs";

try {
  const waits = (seconds) => console.error(`the last one was given out; the next comes in ${seconds} s`);
  console.log(await freshCode(waits));
} catch (error) {
  console.error(`AIO: ${error.message}`);
  process.exitCode = 1;
}
