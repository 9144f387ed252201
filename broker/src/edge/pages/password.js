// Sends the new password with the link's secret, which stands behind # and so in no log.
"use strict";

const form = document.getElementById("form");
const password = document.getElementById("password");
const again = document.getElementById("again");
const said = document.getElementById("said");

function say(text, isBad) {
  said.textContent = text;
  said.className = isBad ? "bad" : "";
}

function finish(text, isBad) {
  form.hidden = true;
  say(text, isBad);
  said.focus();
}

async function send(secret) {
  const response = await fetch("/v1/password", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ secret, password: password.value }),
  });
  const answer = await response.json();
  if (response.ok) {
    history.replaceState(null, "", location.pathname);
    finish("Your password is set. Sign in at your desk with it.", false);
  } else if (answer.code === "unauthorized") {
    finish("This link was used already or is too old. Ask your administrator for a new one.", true);
  } else {
    say(`Not set: ${answer.message}.`, true);
    password.focus();
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (password.value !== again.value) {
    say("The two are not the same: type the password once more.", true);
    again.focus();
    return;
  }
  say("One moment …", false);
  try {
    await send(location.hash.slice(1));
  } catch {
    say("The broker cannot be reached. Nothing was changed: try again in a moment.", true);
  }
});

if (location.hash.length < 2) {
  finish("This address lacks the part behind #. Open the whole link that you were given.", true);
}
