// Schemathesis reads our OpenAPI document and calls the server in every way it can think of.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "../support/test";

const run = promisify(execFile);

test.describe("the OpenAPI document", () => {
  test.use({ server: "own" });
  test.setTimeout(600_000);

  test("API-01 schemathesis finds no fault of the server and no answer that is not documented", async ({ site }) => {
    const key = await site.createKey({
      label: "Schemathesis",
      scopes: ["events:read", "subaddresses:read", "subaddresses:write", "transactions:read"],
      rate: "6000000",
    });
    const words = [
      "run",
      `${site.origin}/v1/openapi.json`,
      "--header",
      `Authorization: Bearer ${key.secret}`,
      "--phases",
      "examples,coverage,fuzzing,stateful",
      "--checks",
      "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
      "--max-examples",
      process.env.AIO_E2E_EXAMPLES ?? "300",
      "--seed",
      "1",
      "--no-color",
    ];
    const program = process.env.AIO_E2E_SCHEMATHESIS ?? "schemathesis";
    // It keeps what it found in the folder it runs in.
    const options = { cwd: site.server.folder, maxBuffer: 64 << 20 };
    const done = await run(program, words, options).catch((error) => error);
    expect(done.code ?? 0, `${done.stdout}${done.stderr}`).toBe(0);
    console.log(done.stdout.split("\n").slice(-30).join("\n"));
  });
});
