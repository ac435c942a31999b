// <p data-resend-after="30" data-resend-text="You can ask for another text in {seconds} seconds.">: counts down, then
// goes away. Decoration only: the button stays enabled, and the server decides. Not a live region, so it is not read out.
for (const note of document.querySelectorAll("[data-resend-after]")) {
  const end = performance.now() + Number(note.dataset.resendAfter) * 1000;

  const tick = () => {
    const seconds = Math.ceil((end - performance.now()) / 1000);
    note.hidden = !(seconds > 0);
    if (note.hidden) return;
    note.textContent = note.dataset.resendText.replace("{seconds}", String(seconds));
    setTimeout(tick, 1000);
  };
  tick();
}
