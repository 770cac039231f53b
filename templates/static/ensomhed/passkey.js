/* Lets the browser make or show a passkey, and sends its answer with the form. Bytes travel as base64url. */
(function () {
  "use strict";
  const form = document.getElementById("passkey-form");
  const problem = document.getElementById("passkey-problem");
  const given = document.getElementById("passkey-question");
  if (!form || !given) return;
  const question = JSON.parse(given.textContent).publicKey;

  function bytes(text) {
    const padded = text.replace(/-/g, "+").replace(/_/g, "/");
    return Uint8Array.from(atob(padded), function (letter) { return letter.charCodeAt(0); });
  }

  function text(buffer) {
    const letters = Array.from(new Uint8Array(buffer), function (byte) { return String.fromCharCode(byte); }).join("");
    return btoa(letters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  function opened(list) {
    return (list || []).map(function (one) { return Object.assign({}, one, { id: bytes(one.id) }); });
  }

  function answered(credential, names) {
    const response = {};
    names.forEach(function (name) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    });
    return {
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      response: response,
      clientExtensionResults: credential.getClientExtensionResults(),
      authenticatorAttachment: credential.authenticatorAttachment || null,
    };
  }

  function create() {
    const asked = Object.assign({}, question, {
      challenge: bytes(question.challenge),
      user: Object.assign({}, question.user, { id: bytes(question.user.id) }),
      excludeCredentials: opened(question.excludeCredentials),
    });
    return navigator.credentials.create({ publicKey: asked }).then(function (made) {
      return answered(made, ["clientDataJSON", "attestationObject"]);
    });
  }

  function show() {
    const asked = Object.assign({}, question, {
      challenge: bytes(question.challenge),
      allowCredentials: opened(question.allowCredentials),
    });
    return navigator.credentials.get({ publicKey: asked }).then(function (shown) {
      return answered(shown, ["clientDataJSON", "authenticatorData", "signature", "userHandle"]);
    });
  }

  function wire(button, act) {
    if (!button) return;
    button.addEventListener("click", function () {
      problem.hidden = true;
      button.disabled = true;
      Promise.resolve().then(act).then(
        function (answer) {
          form.querySelector("input[name$=credential]").value = JSON.stringify(answer);
          form.submit();
        },
        function () {
          button.disabled = false;
          problem.hidden = false;
          problem.focus();
        }
      );
    });
  }

  wire(document.getElementById("passkey-create"), create);
  wire(document.getElementById("passkey-get"), show);
})();
