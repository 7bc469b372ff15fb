// The sandbox's stand-in for CinetPay's Seamless script: the same four calls, against the host it came from.
"use strict";
window.CinetPay = (() => {
  const base = new URL(document.currentScript.src).origin;
  const french = !(navigator.language || "fr").toLowerCase().startsWith("en");
  const text = french
    ? {
        title: "Paiement en cours (sandbox, aucun argent réel)",
        hint: "Terminez le paiement dans la fenêtre du guichet.",
        open: "Ouvrir le guichet",
        close: "Fermer",
      }
    : {
        title: "Payment under way (sandbox, no real money)",
        hint: "Finish the payment in the window of the payment counter.",
        open: "Open the payment counter",
        close: "Close",
      };

  let config = {};
  let run = 0;
  let onResponse = null;
  let onFailure = null;
  let response = null;
  let failure = null;

  const respond = (data) => {
    response = data;
    if (onResponse) {
      onResponse(data);
    }
  };

  const fail = (data) => {
    failure = data;
    if (onFailure) {
      onFailure(data);
    }
  };

  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  const overlay = (onClose) => {
    const before = document.activeElement;
    const box = document.createElement("div");
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-modal", "true");
    box.setAttribute("aria-labelledby", "cinetpay-sandbox-title");
    box.id = "cinetpay-sandbox";
    Object.assign(box.style, {
      position: "fixed", inset: "0", zIndex: "2147483647", display: "flex", alignItems: "center",
      justifyContent: "center", padding: "1rem", background: "rgba(0, 0, 0, .6)",
    });
    const card = document.createElement("div");
    Object.assign(card.style, {
      maxWidth: "24rem", padding: "1.25rem", borderRadius: ".75rem", background: "#fff", color: "#1b1f24",
      font: "1rem/1.5 system-ui, sans-serif",
    });
    const title = document.createElement("h2");
    title.id = "cinetpay-sandbox-title";
    title.textContent = text.title;
    Object.assign(title.style, { margin: "0 0 .5rem", fontSize: "1.15rem" });
    const hint = document.createElement("p");
    hint.textContent = text.hint;
    const open = document.createElement("a");
    open.textContent = text.open;
    open.target = "cinetpay-sandbox-counter";
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = text.close;
    for (const control of [open, close]) {
      Object.assign(control.style, {
        display: "inline-block", margin: "0 .5rem .25rem 0", padding: ".6rem 1rem", font: "inherit",
        border: "2px solid #1b1f24", borderRadius: ".5rem", background: "#fff", color: "#1b1f24",
        textDecoration: "none", cursor: "pointer",
      });
    }
    open.style.visibility = "hidden";
    card.append(title, hint, open, close);
    box.append(card);
    const remove = () => {
      box.remove();
      if (before && before.focus) {
        before.focus();
      }
    };
    close.addEventListener("click", onClose);
    box.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        onClose();
      } else if (event.key === "Tab") {
        // Focus stays inside while the dialog is there.
        event.preventDefault();
        (document.activeElement === close && open.href ? open : close).focus();
      }
    });
    document.body.append(box);
    close.focus();
    return {
      remove,
      offer: (url) => {
        open.href = url;
        open.style.visibility = "visible";
      },
    };
  };

  const getCheckout = async (order) => {
    run += 1;
    const mine = run;
    response = null;
    failure = null;
    // Opened at once, because browsers allow it only while the click is being handled. When they do not,
    // the link of the overlay does.
    const counter = window.open("", "cinetpay-sandbox-counter", "popup,width=480,height=760");
    const shown = overlay(() => {
      run += 1;
      shown.remove();
      if (counter) {
        counter.close();
      }
    });
    const end = () => {
      shown.remove();
      if (counter) {
        counter.close();
      }
    };
    let opened;
    try {
      const { mode, ...account } = config;
      const answer = await fetch(`${base}/seamless/checkout`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ...account, ...order }),
      });
      opened = await answer.json();
    } catch (error) {
      end();
      fail({ code: "0", message: "NETWORK_ERROR", description: String(error) });
      return;
    }
    if (String(opened.code) !== "201") {
      end();
      fail(opened);
      return;
    }
    const { payment_token: token, payment_url: url } = opened.data;
    shown.offer(url);
    if (counter && !counter.closed) {
      counter.location.replace(url);
    }
    while (mine === run) {
      await pause(700);
      try {
        const answer = await fetch(`${base}/seamless/state/${token}`, { cache: "no-store" });
        const state = await answer.json();
        if (mine === run && (state.data.status === "ACCEPTED" || state.data.status === "REFUSED")) {
          end();
          respond(state.data);
          return;
        }
      } catch {
        // A lost answer says nothing about the payment: ask again.
      }
    }
  };

  return {
    setConfig: (given) => {
      config = { ...given };
    },
    getCheckout,
    waitResponse: (handler) => {
      onResponse = handler;
      if (response) {
        handler(response);
      }
    },
    onError: (handler) => {
      onFailure = handler;
      if (failure) {
        handler(failure);
      }
    },
  };
})();
