// Where the browser can read the text message (WebOTP), it offers the code. It is filled in, never sent by itself: the
// person still chooses "shared computer" and presses the button.
const field = document.querySelector("input[data-webotp]");

if (field && "OTPCredential" in window) {
  const waiting = new AbortController();
  field.form?.addEventListener("submit", () => waiting.abort());

  navigator.credentials
    .get({ otp: { transport: ["sms"] }, signal: waiting.signal })
    .then((message) => {
      if (message?.code && !field.value) field.value = message.code;
    })
    .catch(() => {}); // refused, aborted or unsupported: typing always works
}
