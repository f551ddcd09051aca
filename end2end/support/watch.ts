// Looks over the shoulder of every page: whatever the browser complains about fails the test.

import type { BrowserContext, Page, Request, Response } from "@playwright/test";

/** What a test expects although it would else be a complaint. */
export class Watch {
  private readonly complaints: string[] = [];
  private readonly expected: RegExp[] = [];

  /** From now on complaints that match are part of the test. */
  expect(...patterns: RegExp[]): void {
    this.expected.push(...patterns);
  }

  /** What nobody expected. */
  unexpected(): string[] {
    return this.complaints.filter((text) => !this.expected.some((pattern) => pattern.test(text)));
  }

  /** What was complained about, also the expected. */
  all(): readonly string[] {
    return this.complaints;
  }

  async attach(context: BrowserContext, scripts: boolean): Promise<void> {
    // A browser without scripts says of each script that a policy holds it back, and wonders what it was for.
    if (!scripts)
      this.expect(/^request failed: \S+\.js csp$/, /was preloaded using link preload but not used/);
    // Runs before the page's own code and is no part of the page, so its policy does not apply.
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        console.error(`content security policy: ${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    context.on("page", (page) => this.follow(page));
    for (const page of context.pages()) this.follow(page);
  }

  private follow(page: Page): void {
    page.on("console", (message) => {
      if (!["error", "warning"].includes(message.type())) return;
      // The answers themselves are looked at below, where the address is known.
      if (message.text().startsWith("Failed to load resource")) return;
      this.complain(`console ${message.type()}: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.complain(`page error: ${error.stack ?? error.message}`));
    page.on("crash", () => this.complain(`the page crashed: ${page.url()}`));
    page.on("dialog", (dialog) => {
      this.complain(`dialog: ${dialog.type()} ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("requestfailed", (request) => this.failed(request));
    page.on("response", (response) => this.answered(response));
  }

  private failed(request: Request): void {
    const why = request.failure()?.errorText ?? "";
    // A page that is left gives up what it still waits for, and a download is no page.
    if (why !== "net::ERR_ABORTED") this.complain(`request failed: ${request.url()} ${why}`);
  }

  private answered(response: Response): void {
    const [status, url] = [response.status(), response.url()];
    // A form that is refused is an answer like any other; the test looks at what the page makes of it.
    const isForm = new URL(url).pathname.startsWith("/api/");
    if (status >= 500 || (status >= 400 && !isForm)) this.complain(`answer ${status}: ${url}`);
  }

  private complain(text: string): void {
    this.complaints.push(text);
  }
}
