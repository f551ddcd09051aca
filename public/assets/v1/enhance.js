// Comfort for the pages that ship no wasm; each works without it.
(() => {
  const each = (selector, act) => document.querySelectorAll(selector).forEach(act);
  const press = (selector, act) => each(selector, (button) => button.addEventListener("click", () => act(button)));

  // data-copy is the value, data-done the word to speak.
  press("[data-copy]", async (button) => {
    const status = button.parentElement.querySelector("[role=status]") ?? document.getElementById("announced");
    // A button that is nothing but an icon shows another one for the time.
    const icon = button.querySelector(":scope > svg > use");
    const show = (name) => icon?.setAttribute("href", icon.getAttribute("href").replace(/#.*/, `#${name}`));
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      return;
    }
    button.dataset.copied = "";
    show("check");
    status.textContent = button.dataset.done;
    setTimeout(() => {
      delete button.dataset.copied;
      show("copy");
      status.textContent = "";
    }, 2000);
  });

  // data-reveal is the id of a password's input.
  press("[data-reveal]", (button) => {
    const input = document.getElementById(button.dataset.reveal);
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", shown);
  });

  // data-download is the file's name, data-text what is in it.
  press("[data-download]", (button) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([button.dataset.text], { type: "text/plain" }));
    link.download = button.dataset.download;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });

  // A dialog that the server rendered open becomes modal; Escape leads where its cross leads.
  each("dialog[open]", (dialog) => {
    dialog.removeAttribute("open");
    dialog.showModal();
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      dialog.querySelector(".dialog-head a").click();
    });
  });

  press("[data-print]", () => print());

  // The challenge sends itself, the first time six digits are there.
  each("form[data-auto-submit]", (form) => {
    const input = form.elements.code;
    const send = () => {
      if (!/^\d{6}$/.test(input.value.normalize("NFKC").replace(/\s/g, ""))) return;
      input.removeEventListener("input", send);
      form.requestSubmit();
    };
    input.addEventListener("input", send);
  });

  // One press sends a form once; coming back by the Back button makes it usable again.
  each("form[method=post]", (form) =>
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent === "") return event.preventDefault();
      form.dataset.sent = "";
      event.submitter?.setAttribute("aria-busy", "true");
    }),
  );
  addEventListener("pageshow", () => {
    each("form[data-sent]", (form) => delete form.dataset.sent);
    each("[aria-busy]", (button) => button.removeAttribute("aria-busy"));
  });
})();
