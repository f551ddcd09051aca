// Comfort for the pages that ship no wasm. Everything here is an extra: each page works without it.
(() => {
  "use strict";
  const all = (selector) => document.querySelectorAll(selector);

  // Copy: the value is in data-copy, the word to speak in data-done.
  for (const button of all("[data-copy]")) {
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
      } catch {
        return;
      }
      const status = button.parentElement.querySelector("[role=status]");
      button.dataset.copied = "";
      if (status) status.textContent = button.dataset.done;
      setTimeout(() => {
        delete button.dataset.copied;
        if (status) status.textContent = "";
      }, 2000);
    });
  }

  // Show and hide a password: data-reveal is the id of its input.
  for (const button of all("[data-reveal]")) {
    button.addEventListener("click", () => {
      const input = document.getElementById(button.dataset.reveal);
      const shown = input.type === "password";
      input.type = shown ? "text" : "password";
      button.setAttribute("aria-pressed", String(shown));
    });
  }

  // The sign-in challenge sends itself, the first time six digits are there.
  for (const form of all("form[data-auto-submit]")) {
    const input = form.querySelector("input[name=code]");
    const send = () => {
      const digits = input.value.normalize("NFKC").replace(/\s/g, "");
      if (!/^\d{6}$/.test(digits)) return;
      input.removeEventListener("input", send);
      form.requestSubmit();
    };
    input.addEventListener("input", send);
  }

  // One press sends a form once. Coming back to the page by the Back button makes it usable again.
  for (const form of all("form[method=post]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent !== undefined) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = "";
      event.submitter?.setAttribute("aria-busy", "true");
    });
  }
  addEventListener("pageshow", () => {
    for (const form of all("form[data-sent]")) delete form.dataset.sent;
    for (const button of all("[aria-busy]")) button.removeAttribute("aria-busy");
  });

  // Download: data-download is the file's name, data-text what is in it.
  for (const button of all("[data-download]")) {
    button.addEventListener("click", () => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([button.dataset.text], { type: "text/plain" }));
      link.download = button.dataset.download;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  }

  for (const button of all("[data-print]")) button.addEventListener("click", () => print());
})();
