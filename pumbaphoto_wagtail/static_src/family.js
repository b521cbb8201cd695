// The page on which a client shares with family: copies an address, or hands it to the device.

const answer = document.querySelector("[data-pumba-answer]");

const copy = async (field) => {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    // Not on HTTPS, or not allowed: the text is selected, and can be copied by hand.
    return false;
  }
};

const connect = (shared) => {
  const field = shared.querySelector("input[readonly]");
  const copyButton = shared.querySelector("[data-pumba-copy]");
  const sendButton = shared.querySelector("[data-pumba-send]");
  if (!field) return;
  field.addEventListener("focus", () => field.select());
  copyButton.hidden = false;
  copyButton.addEventListener("click", async () => {
    if (await copy(field)) {
      answer.textContent = copyButton.dataset.done;
      copyButton.textContent = copyButton.dataset.done;
    }
  });
  if (!navigator.share) return;
  sendButton.hidden = false;
  sendButton.addEventListener("click", () => {
    // Whoever changes their mind has not met an error.
    navigator.share({ title: sendButton.dataset.title, url: field.value }).catch(() => {});
  });
};

document.querySelectorAll("[data-pumba-shared]").forEach(connect);
